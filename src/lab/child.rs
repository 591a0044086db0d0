//! The controller as a child process of the same binary: started, watched, measured, stopped.

use std::{
    fs, io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use tokio::{
    process::{Child as Process, Command},
    time::timeout,
};

use super::settings::Files;

/// How long an orderly stop may take: logging out, the operation in flight, the store.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// `USER_HZ`, in which `/proc/PID/stat` counts: 100 on every architecture that this runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// What the controller used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Usage {
    /// Processor time, of all cores.
    pub cpu_seconds: f64,
    /// The largest resident set.
    pub rss_bytes_max: u64,
}

/// The running controller.
#[derive(Debug)]
pub struct Child {
    process: Process,
    pid: Pid,
    control: PathBuf,
    log: PathBuf,
    usage: Usage,
}

impl Child {
    /// Starts `program run --config FILE` in the directory of the files; what it says goes into the log file. Both
    /// paths are absolute.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(program: &Path, files: &Files) -> io::Result<Self> {
        let log = fs::File::create(&files.log)?;
        let process = Command::new(program)
            .args(["run", "--config"])
            .arg(&files.config)
            .current_dir(&files.dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A group of its own: Ctrl-C on the terminal is for the lab, which then stops the controller in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let raw = process.id().and_then(|id| i32::try_from(id).ok());
        let pid = raw.and_then(Pid::from_raw).ok_or(io::ErrorKind::NotFound)?;
        let (control, log) = (files.control.clone(), files.log.clone());
        Ok(Self { process, pid, control, log, usage: Usage::default() })
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.process.try_wait()
    }

    /// Whether its control socket takes connections.
    pub fn answers(&self) -> bool {
        UnixStream::connect(&self.control).is_ok()
    }

    /// What it used so far; after its end, what was known last.
    pub fn usage(&mut self) -> Usage {
        let read = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", self.pid.as_raw_nonzero()));
        if let Some(cpu_seconds) = read("stat").ok().as_deref().and_then(cpu_seconds) {
            self.usage.cpu_seconds = cpu_seconds;
        }
        if let Some(bytes) = read("status").ok().and_then(|status| kilobytes(&status, "VmHWM:")) {
            self.usage.rss_bytes_max = self.usage.rss_bytes_max.max(bytes);
        }
        self.usage
    }

    /// Its resident set at this moment, in bytes.
    pub fn rss_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid.as_raw_nonzero())).ok()?;
        kilobytes(&status, "VmRSS:")
    }

    /// Stops it in order with SIGTERM, and by force after ten seconds. Says how it ended.
    ///
    /// # Errors
    /// The system does not let us.
    pub async fn stop(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.process.try_wait()? {
            return Ok(status);
        }
        kill_process(self.pid, Signal::TERM)?;
        match timeout(STOP_WITHIN, self.process.wait()).await {
            Ok(status) => status,
            Err(_) => {
                self.process.kill().await?;
                self.process.wait().await
            }
        }
    }

    /// The last `count` lines of its log.
    pub fn last_lines(&self, count: usize) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(count)).copied().collect::<Vec<_>>().join("\n")
    }
}

/// User and system time of `/proc/PID/stat`: the 14th and 15th field. The name of the program, the second, may contain
/// blanks and ends with the last parenthesis.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

/// A figure of `/proc/PID/status`, which is in kilobytes, in bytes: `VmHWM:` is the peak of the resident set, `VmRSS:` the
/// resident set.
fn kilobytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_read() {
        let stat = "4242 (odd) name) S 1 4242 4242 0 -1 4194304 900 0 0 0 150 50 0 0 20 0 9 0 1 2 3";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(cpu_seconds("nonsense"), None);
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n";
        assert_eq!((kilobytes(status, "VmHWM:"), kilobytes(status, "VmRSS:")), (Some(2_097_152), Some(1024)));
        assert_eq!(kilobytes("Name:\tx\n", "VmHWM:"), None);
    }

    /// A shell takes `run` for its script, so that no file that was just written is executed: while another thread
    /// forks, it could still be open for writing.
    fn shell(script: &str) -> (tempfile::TempDir, Child) {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("run"), script).expect("written");
        let child = Child::start(Path::new("/bin/sh"), &Files::new(dir.path(), None)).expect("started");
        (dir, child)
    }

    #[tokio::test]
    async fn a_child_that_dies_leaves_its_last_words() {
        let (_dir, mut child) = shell("echo one; echo two; echo three >&2; exit 3");
        let status = child.process.wait().await.expect("ended");
        assert_eq!(status.code(), Some(3));
        assert_eq!(child.last_lines(2), "two\nthree");
        assert!(child.ended().expect("known").is_some() && !child.answers());
    }

    #[tokio::test]
    async fn a_child_is_stopped_in_order() {
        let (_dir, mut child) = shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done");
        let ready = timeout(Duration::from_secs(10), async {
            while child.last_lines(1) != "ready" {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        ready.await.expect("ready");
        assert!(child.usage().rss_bytes_max > 0);
        assert_eq!(child.stop().await.expect("stopped").code(), Some(7));
    }
}
