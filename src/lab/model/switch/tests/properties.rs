//! What holds for any input.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::lab::model::switch::{Author, HttpReply, HttpRequest, Outcome, Platform, Session};

/// Words that commands are made of, and some that are none.
fn word() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "show",
        "sh",
        "no",
        "vlan",
        "interface",
        "int",
        "Ethernet1/1",
        "e1/4",
        "po7",
        "eth",
        "1/2",
        "switchport",
        "trunk",
        "allowed",
        "add",
        "remove",
        "except",
        "none",
        "all",
        "10-20",
        "10,",
        "4094",
        "0",
        "native",
        "mode",
        "configure",
        "terminal",
        "exit",
        "end",
        "name",
        "channel-group",
        "7",
        "running-config",
        "brief",
        "1-4",
        "Ethernet1/1-65535",
        "|",
        "| include",
        "| section ^vlan",
        "| json",
        "| json-pretty",
        "| xml",
        "version",
        "inventory",
        "checkpoint",
        "rollback",
        "diff rollback-patch",
        "file",
        "f1",
        "startup-config",
        "dir",
        "delete",
        "state",
        "suspend",
    ];
    prop_oneof![4 => prop::sample::select(KNOWN).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

fn line() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 0..8).prop_map(|words| words.join(" "))
}

fn vlans() -> impl Strategy<Value = VlanSet> {
    prop::collection::btree_set(1u16..=4094, 1..30)
        .prop_map(|numbers| numbers.into_iter().filter_map(VlanId::new).collect())
}

fn content_type() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["application/json-rpc", "application/json", "application/xml", "text/xml", "text/plain"])
}

/// Noise, and envelopes of every dialect around noise.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let kind = || prop::sample::select(vec!["cli_show", "cli_show_array", "cli_show_ascii", "cli_conf", "bash", "x"]);
    let lines = || prop::collection::vec(line(), 0..4).prop_map(|lines| lines.join(" ;"));
    let json = (kind(), lines()).prop_map(|(kind, input)| {
        json!({ "ins_api": { "version": "1.0", "type": kind, "sid": null, "input": input } }).to_string()
    });
    let xml = (kind(), lines()).prop_map(|(kind, input)| {
        format!("<ins_api><version>1.0</version><type>{kind}</type><input>{input}</input></ins_api>")
    });
    let rpc = (lines(), "\\PC{0,9}").prop_map(|(cmd, id)| {
        json!([{ "jsonrpc": "2.0", "method": "cli", "params": { "cmd": cmd, "version": 1 }, "id": id }]).to_string()
    });
    let markup = prop::collection::vec(prop::sample::select(MARKUP.to_vec()), 0..20).prop_map(|parts| parts.concat());
    let text = prop_oneof!["\\PC{0,60}", "[\\[\\]{}\":,a-z0-9]{0,60}", json, xml, rpc, markup];
    prop_oneof![9 => text.prop_map(String::into_bytes), 1 => prop::collection::vec(any::<u8>(), 0..40)]
}

/// Pieces of XML, well formed only by accident.
const MARKUP: &[&str] = &[
    "<ins_api>",
    "</ins_api>",
    "<type>",
    "</type>",
    "<input>",
    "</input>",
    "<version>",
    "</version>",
    "1.0",
    "cli_show",
    "&lt;",
    "&#x110000;",
    "&#0;",
    "&nothing;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "<?xml",
    "?>",
    "<a/>",
];

proptest! {
    #[test]
    fn no_line_panics_and_a_refused_one_changes_nothing(
        lines in prop::collection::vec(line(), 0..20),
        platform in prop::sample::select(&Platform::ALL),
    ) {
        let mut switch = switch();
        switch.profile = platform.0.profile();
        let author = Author { origin: "console0".to_owned(), user: "ann".to_owned() };
        let mut session = Session::terminal(author);
        for line in lines {
            let before = (switch.revision(), switch.ports().clone(), switch.vlans().clone());
            if let Outcome::Rejected(rejection) = session.type_line(&mut switch, &line, NOW) {
                prop_assert!(!rejection.on_screen().is_empty());
                if switch.profile.vlans_on_exit {
                    // The line ends the sub-mode before it is refused.
                    continue;
                }
                let after = (switch.revision(), switch.ports().clone(), switch.vlans().clone());
                prop_assert_eq!(before, after, "{}", line);
            }
        }
    }

    #[test]
    fn no_pipe_panics_and_filtered_lines_are_the_answers_own(expression in "\\PC{0,8}", filter in 0usize..4) {
        let filter = ["include", "exclude", "begin", "section"][filter];
        let mut switch = switch();
        let config = switch.running_config();
        let line = format!("show running-config | {filter} {expression}");
        let author = Author { origin: "console0".to_owned(), user: "ann".to_owned() };
        if let Outcome::Printed { text, .. } = Session::terminal(author).type_line(&mut switch, &line, NOW) {
            prop_assert!(text.lines().all(|line| config.lines().any(|known| known == line)), "{}", text);
        }
    }

    #[test]
    fn no_body_panics(content_type in content_type(), body in body()) {
        let request = HttpRequest {
            method: "POST".to_owned(),
            path: "/ins".to_owned(),
            authorization: Some(GOOD.to_owned()),
            content_type: Some(content_type.to_owned()),
            body,
            ..HttpRequest::default()
        };
        let reply = switch().handle(&request, NOW);
        prop_assert!(matches!(reply, HttpReply::Answer { status: 200 | 400 | 500, .. }), "{:?}", reply);
    }

    #[test]
    fn add_and_remove_agree_with_set_algebra(start in vlans(), added in vlans(), removed in vlans()) {
        let mut switch = switch();
        let lines = [
            "configure terminal".to_owned(),
            "interface Ethernet1/1".to_owned(),
            format!("switchport trunk allowed vlan {start}"),
            format!("switchport trunk allowed vlan add {added}"),
            format!("switchport trunk allowed vlan remove {removed}"),
        ];
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        prop_assert_eq!(switch.type_lines("ann", &lines, NOW).concat(), "");
        prop_assert_eq!(switch.allowed(eth(1)), start.union(&added).difference(&removed));
    }

    #[test]
    fn the_running_config_typed_into_another_switch_gives_the_same(start in vlans(), native in 1u16..=4094) {
        let mut first = switch();
        let lines = ["conf t", "int e1/1", &format!("sw tr al vl {start}"), &format!("sw tr native vl {native}")];
        first.type_lines("ann", &lines, NOW);
        let config = first.running_config();
        let body: Vec<_> = config.lines().filter(|line| !line.starts_with("version") && !line.starts_with("feature")).collect();
        let mut second = switch();
        let typed: Vec<_> = ["conf t"].iter().chain(&body).copied().collect();
        let said: Vec<_> = second.type_lines("ann", &typed, NOW).into_iter().filter(|text| !text.is_empty()).collect();
        prop_assert!(said.iter().all(|text| text.contains("already in a port-channel")), "{said:?}");
        prop_assert_eq!(second.running_config(), config);
    }
}
