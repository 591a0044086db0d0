//! The rules of the house that the compiler does not hold. Every breach names its rule.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Which of the package's own modules (`crate::…`) and of the core's (`vmtracker_core::…`) a folder may name.
struct Arrow {
    folder: &'static str,
    own: &'static [&'static str],
    core: &'static [&'static str],
}

/// `cli, main → actors, web, lab → clients, store, config → core`, and inside the core
/// `view, vcenter, nexus → tracker → net`.
const ARROWS: &[Arrow] = &[
    Arrow { folder: "core/src/net", own: &["net"], core: &[] },
    Arrow { folder: "core/src/tracker", own: &["net", "tracker"], core: &[] },
    Arrow { folder: "core/src/vcenter", own: &["net", "tracker", "vcenter"], core: &[] },
    Arrow { folder: "core/src/nexus", own: &["net", "tracker", "nexus"], core: &[] },
    Arrow { folder: "core/src/view", own: &["net", "tracker", "view"], core: &[] },
    Arrow { folder: "core/src/fuzz", own: &["net", "nexus", "tracker", "vcenter"], core: &[] },
    Arrow { folder: "src/clock", own: &[], core: &["tracker"] },
    Arrow { folder: "src/tls", own: &["tls"], core: &[] },
    Arrow { folder: "src/metrics", own: &[], core: &["net", "tracker"] },
    Arrow { folder: "src/config", own: &["config", "tls"], core: &["net", "nexus", "tracker"] },
    Arrow { folder: "src/store", own: &["clock", "store"], core: &["net", "tracker"] },
    Arrow { folder: "src/api", own: &["api", "clock", "store"], core: &["net", "tracker", "view"] },
    Arrow { folder: "src/web", own: &["api", "clock", "web"], core: &["net"] },
    Arrow {
        folder: "src/vcenter",
        own: &["clock", "config", "metrics", "tls", "vcenter"],
        core: &["net", "tracker", "vcenter"],
    },
    Arrow {
        folder: "src/nexus",
        own: &["clock", "config", "metrics", "tls", "nexus"],
        core: &["net", "tracker", "nexus"],
    },
    Arrow {
        folder: "src/actors",
        own: &["actors", "api", "clock", "config", "metrics", "nexus", "store", "tls", "vcenter", "web"],
        core: &["net", "nexus", "tracker", "vcenter", "view"],
    },
    Arrow { folder: "src/lab", own: &["clock", "lab"], core: &["net"] },
    Arrow {
        folder: "src/cli",
        own: &["actors", "api", "cli", "clock", "config", "lab", "nexus", "tls", "vcenter"],
        core: &["net", "tracker", "view"],
    },
];

/// The longest a source file may be.
const LONGEST: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the tree below, by its path from the root; without what is built or kept by git.
fn files(below: &str) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(below)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let hidden = name.to_string_lossy().starts_with(".git") || name == "target";
            match path.is_dir() {
                true if !hidden => folders.push(path),
                false if !hidden => {
                    let shown = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned();
                    found.push((shown, path));
                }
                true | false => {}
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    let all = ["src", "core/src", "tests"].into_iter().flat_map(files);
    let rust = all.filter(|(name, _)| name.ends_with(".rs"));
    rust.map(|(name, path)| (name, fs::read_to_string(path).expect("a source is text"))).collect()
}

/// The code without its comments, which may name anything.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| match line.trim_start().starts_with("//") {
        true => "",
        false => line.split_once(" // ").map_or(line, |(code, _)| code),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The code without its tests: they stand at the end, or in a file of their own.
fn product(name: &str, text: &str) -> String {
    let is_test = name.starts_with("tests/") || name.ends_with("/tests.rs") || name.contains("/tests/");
    let code = code(text);
    match is_test {
        true => String::new(),
        false => code.split_once("#[cfg(test)]").map_or(code.clone(), |(before, _)| before.to_owned()),
    }
}

/// The modules that follow a root such as `crate::`, also inside braces.
fn modules(code: &str, root: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (before, after) in split_all(code, root) {
        let inside_word = before.chars().next_back().is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        match after.strip_prefix('{') {
            _ if inside_word => {}
            Some(list) => found.extend(heads(list)),
            None => found.extend(word(after)),
        }
    }
    found.retain(|name| name != "self" && name.starts_with(|letter: char| letter.is_lowercase()));
    found
}

fn split_all<'a>(code: &'a str, root: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    code.match_indices(root).filter_map(move |(at, _)| Some((code.get(..at)?, code.get(at + root.len()..)?)))
}

fn word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// The first word of each item of `a::b, c::{d, e}, f}`.
fn heads(list: &str) -> Vec<String> {
    let (mut depth, mut item, mut found) = (0_usize, String::new(), Vec::new());
    for letter in list.chars() {
        match (letter, depth) {
            ('}', 0) => break,
            (',', 0) => found.extend(word(std::mem::take(&mut item).trim())),
            ('{', _) => depth += 1,
            ('}', _) => depth -= 1,
            (_, 0) => item.push(letter),
            _ => {}
        }
    }
    found.extend(word(item.trim()));
    found
}

fn broken_arrows(name: &str, code: &str) -> Vec<String> {
    let inside =
        |arrow: &&Arrow| name.strip_prefix(arrow.folder).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'));
    let Some(arrow) = ARROWS.iter().find(inside) else { return Vec::new() };
    let broken = |root: &str, allowed: &[&str]| {
        let named = modules(code, root).into_iter().filter(|module| !allowed.contains(&module.as_str()));
        let say =
            |module| format!("{name}: {root}{module}: {} may name only {root}{{{}}}", arrow.folder, allowed.join(", "));
        named.map(say).collect::<Vec<_>>()
    };
    [broken("crate::", arrow.own), broken("vmtracker_core::", arrow.core)].concat()
}

fn check(rule: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "rule broken: {rule}\n  {}", breaches.join("\n  "));
}

#[test]
fn dependencies_point_inward() {
    let breaches: Vec<String> = sources().iter().flat_map(|(name, text)| broken_arrows(name, &code(text))).collect();
    check("dependencies point inward; the lab imports net only (ARCHITECTURE.md, arrows)", &breaches);
}

#[test]
fn every_folder_has_its_arrows() {
    let known = |name: &str| {
        let modules = ["src/lib.rs", "src/main.rs", "core/src/lib.rs"];
        modules.contains(&name)
            || name.starts_with("tests/")
            || ARROWS.iter().any(|arrow| name.starts_with(arrow.folder))
    };
    let breaches: Vec<String> = sources().into_iter().map(|(name, _)| name).filter(|name| !known(name)).collect();
    check("every folder of src and core says what it may import (tests/it/tidy.rs, ARROWS)", &breaches);
}

#[test]
fn codecs_do_not_know_the_tracker_itself() {
    let codecs = ["core/src/vcenter/", "core/src/nexus/"];
    let knows = |code: &str| {
        let words: Vec<&str> = code.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).collect();
        words.contains(&"Tracker")
    };
    let breaches: Vec<String> = sources()
        .into_iter()
        .filter(|(name, text)| codecs.iter().any(|folder| name.starts_with(folder)) && knows(&code(text)))
        .map(|(name, _)| name)
        .collect();
    check("core/vcenter and core/nexus know the tracker's nouns, never Tracker", &breaches);
}

#[test]
fn only_the_journal_grants_permits() {
    let granting = concat!("Permit::", "grant(");
    let breaches: Vec<String> = sources()
        .into_iter()
        .filter(|(name, text)| name != "src/actors/journal.rs" && product(name, text).contains(granting))
        .map(|(name, _)| name)
        .collect();
    check("Permit::grant is called in src/actors/journal.rs only: nothing is sent before it is durable", &breaches);
}

#[test]
fn files_are_short() {
    let long =
        sources().into_iter().map(|(name, text)| (name, text.lines().count())).filter(|(_, lines)| *lines > LONGEST);
    let breaches: Vec<String> = long.map(|(name, lines)| format!("{name}: {lines} lines")).collect();
    check("a source file has at most 400 lines", &breaches);
}

#[test]
fn every_source_begins_with_what_it_is_for() {
    let breaches: Vec<String> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(name, _)| name).collect();
    check("a source begins with a module comment", &breaches);
}

#[test]
fn no_file_names_a_machine() {
    let places = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/tmp/", "b")];
    let text = |path: &PathBuf| fs::read_to_string(path).unwrap_or_default();
    let breaches: Vec<String> = files("")
        .into_iter()
        .flat_map(|(name, path)| {
            let text = text(&path);
            places.into_iter().filter(move |place| text.contains(place)).map(move |place| format!("{name}: {place}"))
        })
        .collect();
    check("no file names a place on somebody's machine", &breaches);
}

#[test]
fn a_breach_is_found() {
    let check = |name: &str, code: &str, expected: usize| {
        assert_eq!(broken_arrows(name, code).len(), expected, "{name}: {code}: {:?}", broken_arrows(name, code));
    };
    check("src/lab/model/mod.rs", "use vmtracker_core::net::VlanId; use crate::{clock, lab::model};", 0);
    check("src/lab/model/mod.rs", "use vmtracker_core::{net::{VlanId, MacAddr}, tracker::Moment};", 1);
    check("src/lab/model/mod.rs", "use crate::nexus::Client;", 1);
    check("src/lab.rs", "crate::actors::run()", 1);
    check("core/src/nexus/plan.rs", "use crate::{net::VlanId, tracker::Place, vcenter::soap};", 1);
    check("core/src/net/vlan.rs", "use crate::tracker::Moment;", 1);
    check("src/store/mod.rs", "mycrate::cli::x(); crate::clock::now()", 0);
    assert_eq!(product("src/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests { Permit }").trim(), "fn a() {}");
    assert_eq!(code("a(); // crate::cli\n/// crate::cli\nb()"), "a();\n\nb()");
}
