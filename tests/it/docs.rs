//! What README.md names exists, and what a person may meet is in README.md.

use std::{collections::BTreeSet, fs, path::Path};

use crate::commands::vmtracker;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// Every line of code: in a block, indented, or in backticks.
fn code(markdown: &str) -> Vec<&str> {
    let (mut block, mut found) = (false, Vec::new());
    for line in markdown.lines() {
        match line.strip_prefix("```") {
            Some(_) => block = !block,
            None if block || line.starts_with("    ") => found.push(line.trim()),
            None => found.extend(line.split('`').skip(1).step_by(2)),
        }
    }
    found
}

fn word(text: &str) -> &str {
    text.split(|letter: char| !(letter.is_ascii_lowercase() || "_-".contains(letter))).next().unwrap_or_default()
}

/// The keys and sections that lines of TOML name, also in examples behind a `#`.
fn keys<'a>(lines: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let plain =
        |key: &&str| !key.is_empty() && key.chars().all(|letter| letter.is_ascii_lowercase() || "_[]".contains(letter));
    let of_line = |line: &'a str| {
        let line = line.trim_start_matches(['#', ' ']);
        let pair = line.split_once(" = ").map(|(key, _)| key);
        pair.or_else(|| line.starts_with('[').then(|| line.split_whitespace().next().unwrap_or_default()))
    };
    lines.into_iter().filter_map(of_line).filter(plain).collect()
}

fn check(what: &str, all: &BTreeSet<&str>, among: &BTreeSet<&str>) {
    let missing: Vec<_> = all.difference(among).collect();
    assert!(missing.is_empty() && !all.is_empty(), "{what}: {missing:?}");
}

#[test]
fn readme_explains_every_subcommand_and_names_no_other() {
    let (readme, help) = (read("README.md"), vmtracker(&["--help"]).out);
    let listed = help.split("Commands:").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("commands");
    let mut existing: BTreeSet<&str> = listed.lines().map(|line| word(line.trim())).collect();
    existing.retain(|name| !["", "help"].contains(name));
    let called = code(&readme).into_iter().filter_map(|line| line.strip_prefix("vmtracker "));
    let named: BTreeSet<&str> = called.map(word).filter(|name| !name.is_empty()).collect();
    check("README.md names a subcommand that does not exist", &named, &existing);
    check("README.md does not name a subcommand", &existing, &named);
}

#[test]
fn readme_names_no_key_that_the_shipped_configuration_does_not_show() {
    let (readme, shipped) = (read("README.md"), read("config/vmtracker.toml"));
    check("README.md names a key that does not exist", &keys(code(&readme)), &keys(shipped.lines()));
}

#[test]
fn readme_explains_every_kind_of_finding_with_its_team() {
    let (readme, kinds) = (read("README.md"), read("core/src/tracker/finding.rs"));
    let pairs =
        kinds.lines().filter_map(|line| line.trim().strip_suffix(';')?.split_once(" = \"")?.1.split_once("\", "));
    let rows: Vec<String> = pairs.map(|(kind, team)| format!("| `{kind}` | {} |", team.to_lowercase())).collect();
    let missing: Vec<_> = rows.iter().filter(|row| !readme.contains(row.as_str())).collect();
    assert!(missing.is_empty() && rows.len() > 10, "README.md does not explain: {missing:?}");
}
