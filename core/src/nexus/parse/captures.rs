//! Real outputs, where the environment variable `VMTRACKER_CAPTURES` names a folder of them: a folder for each command
//! (`show_vlan/…`), in it files of text (`.txt`) or JSON (`.json`: an NX-API envelope or its bare body). Beside
//! `NAME.txt` may lie `NAME.expected.json`, what it must be read as (see [`Piece::to_json`]). What lies in `errors/` must be
//! read as no answer at all.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{tests::ALL, *};
use crate::nexus::{
    Encoding,
    nxapi::{Commands, Dialect, Request},
};

fn captures() -> Option<PathBuf> {
    let folder = std::env::var_os("VMTRACKER_CAPTURES").map(Into::into);
    if folder.is_none() {
        println!("peer captures: skipped (VMTRACKER_CAPTURES names no folder of real captures)");
    }
    folder
}

/// The question of a command's folder; none: it is no question of ours.
fn question(folder: &str) -> Option<Query> {
    let brief = (folder == "show_vlan_brief").then_some(Query::Vlans);
    brief.or_else(|| ALL.into_iter().find(|query| query.folder() == folder))
}

fn answer(path: &Path) -> Answer {
    let text = fs::read_to_string(path).unwrap();
    if path.extension().is_some_and(|kind| kind == "json") {
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        let inner = ["/result/body", "/result/msg", "/ins_api/outputs/output/body"];
        let inner = inner.iter().find_map(|pointer| value.pointer(pointer)).cloned();
        return Answer::Structured(inner.unwrap_or(value));
    }
    // People save an output without its last line end.
    Answer::Text(format!("{}\n", text.trim_end_matches(' ').trim_end_matches('\n')) + "\n")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn every_capture_is_read_as_it_must_be() {
    let Some(root) = captures() else { return };
    let mut read = 0;
    for folder in files(&root).into_iter().filter(|path| path.is_dir()) {
        let outputs = files(&folder).into_iter().filter(|path| !file_name(path).ends_with(".expected.json"));
        match (file_name(&folder).as_str(), question(&file_name(&folder))) {
            ("errors", _) => read += outputs.map(|path| no_answer(&path)).count(),
            (_, Some(query)) => read += outputs.map(|path| check(query, &path)).count(),
            (name, None) => println!("peer captures: {name} is no question of ours"),
        }
    }
    assert!(read > 0, "{} holds no captures", root.display());
    println!("peer captures: ran");
}

fn check(query: Query, path: &Path) {
    let found = piece(query, &answer(path)).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    if let Answer::Text(text) = answer(path) {
        cut_tests::check(query, &text);
    }
    let expected = path.with_extension("expected.json");
    if expected.exists() {
        let expected: Value = serde_json::from_str(&fs::read_to_string(&expected).unwrap()).unwrap();
        assert_eq!(found.to_json(), expected, "{}", path.display());
    }
}

/// A refusal, or an answer to a configuration command: no table comes of it, by whatever way it is read.
fn no_answer(path: &Path) {
    let body = fs::read(path).unwrap();
    let command = [(Encoding::Structured, Query::Vlans.to_string())];
    let request = Request::new(Dialect::JsonRpc, Commands::Show(&command)).unwrap();
    let by_rpc = request.replies(&body).ok().and_then(|mut replies| replies.said.pop()?.ok());
    for answer in by_rpc.into_iter().chain([answer(path)]) {
        for query in [Query::Version, Query::Config, Query::Ports, Query::Vlans] {
            assert!(piece(query, &answer).is_err(), "{}: {query}", path.display());
        }
    }
}

/// Key facts of captures that are known, each read in the file by eye: file, JSON pointer, value. The empty pointer
/// stands for the number of rows.
#[test]
fn known_captures_say_what_was_read_in_them_by_eye() {
    let Some(root) = captures() else { return };
    for (file, pointer, expected) in known() {
        let path = root.join(file);
        if !path.exists() {
            println!("peer captures: {file} is not there");
            continue;
        }
        let query = question(file.split_once('/').unwrap().0).unwrap();
        let found = piece(query, &answer(&path)).unwrap_or_else(|why| panic!("{file}: {why}")).to_json();
        let rows = found.as_object().map(|rows| rows.len()).or_else(|| found.as_array().map(Vec::len));
        let value = if pointer.is_empty() { json!(rows) } else { found.pointer(pointer).cloned().unwrap_or_default() };
        assert_eq!(value, expected, "{file} {pointer}");
    }
    println!("peer captures: ran");
}

fn known() -> [(&'static str, &'static str, Value); 43] {
    [
        ("show_version/rpc.json", "/hostname", json!("macsec2")),
        ("show_version/rpc.json", "/version", json!("7.0(3)I7(4)")),
        ("show_version/rpc.json", "/uptime_s", json!(18_204)),
        ("show_version/n5596_7.1.txt", "/hostname", json!("IEDP02-N5K-SW01")),
        ("show_version/n5596_7.1.txt", "/platform", json!("Nexus 5596 Chassis")),
        ("show_version/n5596_7.1.txt", "/version", json!("7.1(4)N1(1)")),
        ("show_version/n5596_7.1.txt", "/uptime_s", json!(((749 * 24 + 15) * 60 + 17) * 60 + 48)),
        ("show_version/n9k_10.3.txt", "/version", json!("10.3(6)")),
        ("show_version/n9k_10.3.txt", "/platform", json!("Nexus9000 C93108TC-EX chassis")),
        ("show_version/n9372px_7.0.txt", "/version", json!("7.0(3)I4(3)")),
        ("show_version/n9372px_7.0.txt", "/uptime_s", json!(((670 * 24 + 6) * 60 + 34) * 60 + 1)),
        ("show_vlan/n9k_a.txt", "/present", json!("1,10,20,30,40,50")),
        ("show_vlan/n9k_a.txt", "/active", json!("1,10,20,30,40,50")),
        ("show_vlan/n9k_rpc.json", "/present", json!("1,2345")),
        ("show_vlan_brief/n9k_normal.json", "/active", json!("1,161,177,185-191,195,331,1100-1119")),
        ("show_interface_brief/a.txt", "", json!(54)),
        ("show_interface_brief/a.txt", "/Ethernet1~149", json!({"mode": "access", "up": true})),
        ("show_interface_brief/a.txt", "/Ethernet1~15", json!({"mode": "routed", "up": false})),
        ("show_interface_brief/a.txt", "/Ethernet1~153/mode", json!("fex-fabric")),
        ("show_interface_brief/a.txt", "/Ethernet1~154/mode", json!("pvlan")),
        ("show_interface_brief/n9500_rpc.json", "", json!(21)),
        ("show_interface_brief/n9500_rpc.json", "/port-channel256", json!({"mode": "trunk", "up": true})),
        ("show_cdp_neighbors_detail/a.txt", "", json!(5)),
        ("show_cdp_neighbors_detail/a.txt", "/0/system_name", json!("PERIMETER")),
        ("show_cdp_neighbors_detail/a.txt", "/4/interface", json!("Ethernet1/50")),
        ("show_cdp_neighbors_detail/a.txt", "/4/port", json!("Ethernet1/52")),
        ("show_cdp_neighbors_detail/cli_show.json", "", json!(6)),
        ("show_lldp_neighbors_detail/fex_port.txt", "", json!(2)),
        ("show_lldp_neighbors_detail/fex_port.txt", "/1/interface", json!("Ethernet101/1/10")),
        ("show_lldp_neighbors_detail/cli_show.json", "", json!(3)),
        ("show_mac_address-table/a.txt", "", json!(1)),
        ("show_mac_address-table/a.txt", "/0/interface", json!("Ethernet1/2")),
        ("show_mac_address-table/rpc.json", "", json!(0)),
        ("show_port-channel_summary/hot_standby_bfd.txt", "", json!(2)),
        ("show_port-channel_summary/hot_standby_bfd.txt", "/port-channel2/2", json!("Ethernet1/5")),
        ("show_port-channel_summary/rpc.json", "/port-channel2/5", json!("Ethernet1/15")),
        ("show_vpc/n5k_old.txt", "/peer_link/vlans", json!("1-100")),
        ("show_vpc/n5k_old.txt", "/legs/port-channel20/id", json!(20)),
        ("show_vpc/rpc.json", "/role", json!("Secondary")),
        ("show_vpc/rpc.json", "/legs/port-channel1/vlans", json!("1-100,302-501")),
        ("show_fex/a.txt", "", json!(9)),
        ("show_feature/a.txt", "", json!(6)),
        ("show_running-config_interface/a.txt", "/port-channel5/allowed", json!("2253")),
    ]
}
