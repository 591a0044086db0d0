//! The controller as a child process.

use std::{
    fs::File,
    process::{Child, Command, ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use vmtracker::lab::settings::Files;

/// A running controller; killed when dropped.
pub(super) struct Controller(Child);

impl Controller {
    /// Starts it; what it says goes to the end of the log.
    pub(super) fn start(files: &Files) -> Self {
        let log = File::options().create(true).append(true).open(&files.log).expect("a log");
        let child = Command::new(env!("CARGO_BIN_EXE_vmtracker"))
            .args(["run", "--config"])
            .arg(&files.config)
            .current_dir(&files.dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a handle"))
            .stderr(log)
            .spawn();
        Self(child.expect("starts"))
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).expect("signalled");
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("known")
    }

    pub(super) fn kill(mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("ended");
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
