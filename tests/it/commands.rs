//! The binary as a person uses it: what it prints, and its exit codes.

use std::{fs, process::Command};

/// What came of running the binary.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the binary with these arguments.
pub(crate) fn vmtracker(arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_vmtracker")).args(arguments).output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn check(arguments: &[&str], code: i32, parts: &[&str]) {
    let run = vmtracker(arguments);
    let shown = format!("{}{}", run.out, run.err);
    assert_eq!(run.code, Some(code), "{arguments:?}: {shown}");
    for part in parts {
        assert!(shown.contains(part), "{arguments:?}: no {part:?} in {shown}");
    }
}

#[test]
fn help_shows_examples_and_the_version_its_build() {
    check(&["--help"], 0, &["Examples:", "vmtracker check --config", "lab"]);
    check(&["--version"], 0, &[env!("CARGO_PKG_VERSION"), "commit"]);
}

#[test]
fn bad_usage_ends_with_2() {
    check(&[], 2, &["Usage"]);
    check(&["rnu"], 2, &["unrecognized subcommand"]);
    check(&["close", "leaf-1", "Eth1/6;reload", "20"], 2, &["is not an interface name"]);
    check(&["close", "leaf-1", "Eth1/6", "4095"], 2, &["1 to 4094"]);
}

#[test]
fn a_faulty_configuration_ends_with_2_and_shows_every_fault() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("vmtracker.toml");
    fs::write(&path, "[fabric]\npaec = 'guarded'\n[service]\nmetrics = 'x'\n").expect("writes");
    let file = path.to_str().expect("plain");
    let parts =
        ["vmtracker.toml:2: fabric.paec: unknown key; did you mean \"pace\"?", "vmtracker.toml:4: service.metrics"];
    check(&["check", "--config", file], 2, &[&parts[..], &["2 faults"]].concat());
    check(&["run", "--config", file], 2, &parts);
    let run = vmtracker(&["check", "--json", "--config", file]);
    let json: serde_json::Value = serde_json::from_str(&run.out).expect("one JSON object");
    assert_eq!(json["faults"].as_array().map(Vec::len), Some(2), "{json}");
    assert_eq!(json["faults"][0]["line"], 2);
    check(&["check", "--config", "no-such-file.toml"], 2, &["cannot read the configuration no-such-file.toml"]);
}

#[test]
fn a_valid_configuration_ends_with_0() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("vmtracker.toml");
    fs::write(&path, "").expect("writes");
    check(&["check", "--config", path.to_str().expect("plain")], 0, &["the configuration is valid"]);
}

#[test]
fn without_a_service_a_command_says_so() {
    check(&["status", "--control", "no-such.sock"], 1, &["no service answers on no-such.sock"]);
    check(&["pause", "--control", "no-such.sock", "--config", "x"], 2, &["cannot be used with"]);
}
