//! `vmtracker capture`: what a switch prints, readable by every parser, with nothing in it that tells whose it is.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    commands::vmtracker,
    site::{Site, small},
};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_capture_is_whole_and_tells_nobody_whose_it_is() {
    let site = Site::new(&small());
    let out = site.files.config.with_file_name("captures");
    let (config, folder) = (site.files.config.display().to_string(), out.display().to_string());
    let run = vmtracker(&["capture", "--config", &config, "--switch", "leaf1a", "--out", &folder]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let serial = site.switch("leaf1a", |switch, _| switch.serial().to_owned());
    let written = files(&out);
    let kinds = |name| written.iter().filter(|file| file.parent().is_some_and(|parent| parent.ends_with(name))).count();
    for name in ["show_version", "show_vlan", "show_vpc", "show_lldp_neighbors_detail"] {
        assert_eq!(kinds(name), 3, "{name}: as text, structured, and what both are read as, in {}", run.out);
    }
    assert_eq!(kinds("show_mac_address-table"), 2, "that there are no addresses is believed only as text");
    for file in written {
        let text = fs::read_to_string(&file).expect("text");
        for secret in ["leaf1", "leaf2", "esx0", &serial] {
            assert!(!text.contains(secret), "{secret} in {}: {text}", file.display());
        }
    }
}

#[test]
fn a_switch_that_is_not_configured_is_named_with_those_that_are() {
    let site = Site::new(&small());
    let config = site.files.config.display().to_string();
    let run = vmtracker(&["capture", "--config", &config, "--switch", "leaf9", "--out", "unused"]);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("no [[switch]] is called leaf9; there are: leaf1a, leaf1b"), "{}", run.err);
}
