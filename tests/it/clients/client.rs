//! A client as a process of its own: bounded in time, with a home of its own, and one JSON document as its answer.

use std::{
    env,
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tempfile::TempDir;
use vmtracker::clock;

use crate::vcsim::say;

/// The longest that one run may take: a loaded machine, not a target.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often it is looked at.
const GRAIN: Duration = Duration::from_millis(20);

/// Somebody else's client, installed in the virtual environment that `VMTRACKER_CLIENTS` names.
pub(super) struct Client {
    peer: &'static str,
    bin: PathBuf,
    home: TempDir,
}

impl Client {
    /// The client; says that it is skipped where it is not installed.
    pub(super) fn find(peer: &'static str) -> Option<Self> {
        let Some(place) = env::var_os("VMTRACKER_CLIENTS").filter(|path| !path.is_empty()) else {
            say(&format!("peer {peer}: skipped (VMTRACKER_CLIENTS names no virtual environment)"));
            return None;
        };
        let home = tempfile::tempdir().expect("a directory");
        Some(Self { peer, bin: Path::new(&place).join("bin"), home })
    }

    /// Says that it did all that was asked.
    pub(super) fn ran(&self) {
        say(&format!("peer {}: ran", self.peer));
    }

    /// Runs our few lines for this client with `job`; what it answered.
    pub(super) fn run(&self, job: &Value) -> Value {
        let (status, out, err) = self.attempt(job);
        let peer = self.peer;
        assert!(status.is_some_and(|status| status.success()), "{peer}: {status:?}\n{job}\n{out}\n{err}");
        serde_json::from_str(&out).unwrap_or_else(|why| panic!("{peer}: {why}\n{out}\n{err}"))
    }

    /// The same for a `job` at which the client must give up; all that it said.
    pub(super) fn fail(&self, job: &Value) -> String {
        let (status, out, err) = self.attempt(job);
        assert!(status.is_some_and(|status| !status.success()), "{}: {status:?}\n{job}\n{out}\n{err}", self.peer);
        out + &err
    }

    fn attempt(&self, job: &Value) -> (Option<ExitStatus>, String, String) {
        let home = self.home.path();
        let (job_file, out, err) = (home.join("job.json"), home.join("out"), home.join("err"));
        fs::write(&job_file, job.to_string()).expect("written");
        let status = wait(&mut self.start(&job_file, &out, &err));
        let read = |path| String::from_utf8_lossy(&fs::read(path).expect("a file")).into_owned();
        (status, read(out), read(err))
    }

    fn start(&self, job: &Path, out: &Path, err: &Path) -> Child {
        let script = format!("tests/clients/by_{}.py", self.peer);
        let mut command = Command::new(self.bin.join("python"));
        // Nothing of the person's own settings, proxies least of all.
        command.env_clear().env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8");
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script)).arg(job).current_dir(self.home.path());
        command
            .stdin(Stdio::null())
            .stdout(File::create(out).expect("a file"))
            .stderr(File::create(err).expect("a file"));
        command.process_group(0).spawn().expect("starts")
    }
}

/// Waits for its end; none when it took too long and was killed with all that it started.
fn wait(process: &mut Child) -> Option<ExitStatus> {
    let began = clock::instant();
    while began.elapsed() < PATIENCE {
        if let Some(status) = process.try_wait().expect("known") {
            return Some(status);
        }
        thread::sleep(GRAIN);
    }
    kill_process_group(Pid::from_child(process), Signal::KILL).expect("killed");
    process.wait().expect("ended");
    None
}
