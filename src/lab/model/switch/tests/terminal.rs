//! A terminal as clients use it: what they type byte for byte, and what they see.

use proptest::prelude::*;

use super::*;
use crate::lab::model::switch::{BadReply, Credential, Delays, Next, Terminal};

fn open(switch: &mut Switch) -> Terminal {
    switch.open_terminal("192.0.2.7", "admin").expect("a free line")
}

/// Types, lets all time pass, and gives what was seen and what follows.
fn see(terminal: &mut Terminal, switch: &mut Switch, bytes: &[u8]) -> (Vec<u8>, Next) {
    let mut reply = terminal.input(switch, bytes, NOW);
    let mut seen = reply.bytes;
    while matches!(reply.next, Next::Serve { .. }) {
        reply = terminal.serve(switch, NOW);
        seen.extend(reply.bytes);
    }
    (seen, reply.next)
}

/// The same, where all of it is text.
fn drive(terminal: &mut Terminal, switch: &mut Switch, bytes: &[u8]) -> (String, Next) {
    let (seen, next) = see(terminal, switch, bytes);
    (String::from_utf8(seen).expect("text"), next)
}

/// Types each of `typed`, and compares with what is to be seen.
fn converse(typed: &[(&str, &str)]) -> (Switch, Next) {
    let mut switch = switch();
    let mut terminal = open(&mut switch);
    let mut last = Next::Listen;
    for (bytes, expected) in typed {
        let (seen, next) = drive(&mut terminal, &mut switch, bytes.as_bytes());
        assert_eq!(&seen, expected, "{bytes:?}");
        last = next;
    }
    (switch, last)
}

const SAVED: &str = "[########################################] 100%\r\n\
    Copy complete, now saving to disk (please wait)...\r\nCopy complete.\r\n";

/// The session of netmiko's `cisco_nxos`: lines end in `\n` (facts: NX-OS §5).
#[test]
fn netmiko_prepares_configures_saves_and_leaves() {
    let saved = format!("copy running-config startup-config\r\n{SAVED}leaf1# ");
    let (switch, last) = converse(&[
        ("\n", "\r\nleaf1# "),
        ("terminal width 511\n", "terminal width 511\r\nleaf1# "),
        ("terminal length 0\n", "terminal length 0\r\nleaf1# "),
        ("\n", "\r\nleaf1# "),
        ("configure terminal\n", "configure terminal\r\nleaf1(config)# "),
        ("\n", "\r\nleaf1(config)# "),
        ("vlan 40\n", "vlan 40\r\nleaf1(config-vlan)# "),
        ("name x\n", "name x\r\nleaf1(config-vlan)# "),
        ("\n", "\r\nleaf1(config-vlan)# "),
        ("end\n", "end\r\nleaf1# "),
        ("copy running-config startup-config\n", &saved),
        ("\n", "\r\nleaf1# "),
        ("exit\n", "exit\r\n"),
    ]);
    assert_eq!(last, Next::Close);
    assert!(switch.is_saved() && switch.vlans()[&vlan(40)].name(vlan(40)) == "x");
}

/// NAPALM's `nxos_ssh` asks with a NUL whether the session lives, and sends lines with leading blanks.
#[test]
fn napalm_asks_whether_the_session_lives() {
    let (switch, _) = converse(&[
        ("\0\n", "\r\nleaf1# "),
        ("terminal dont-ask\n", "terminal dont-ask\r\nleaf1# "),
        ("no terminal dont-ask\n", "no terminal dont-ask\r\nleaf1# "),
        ("configure terminal\n", "configure terminal\r\nleaf1(config)# "),
        ("vlan 77\n", "vlan 77\r\nleaf1(config-vlan)# "),
        ("  name t77\n", "  name t77\r\nleaf1(config-vlan)# "),
        ("end\n", "end\r\nleaf1# "),
    ]);
    assert_eq!(switch.vlans()[&vlan(77)].name(vlan(77)), "t77");
}

/// scrapli: no width beforehand, and a prompt asked for by an empty line.
#[test]
fn scrapli_goes_into_configuration_and_back() {
    converse(&[
        ("\n", "\r\nleaf1# "),
        ("terminal length 0\n", "terminal length 0\r\nleaf1# "),
        ("terminal width 511\n", "terminal width 511\r\nleaf1# "),
        ("configure terminal\n", "configure terminal\r\nleaf1(config)# "),
        ("interface Ethernet1/1\n", "interface Ethernet1/1\r\nleaf1(config-if)# "),
        ("description x\n", "description x\r\nleaf1(config-if)# "),
        ("end\n", "end\r\nleaf1# "),
    ]);
}

/// Ansible's `network_cli` ends lines in `\r`.
#[test]
fn ansible_ends_lines_in_a_carriage_return() {
    let (switch, _) = converse(&[
        ("terminal length 0\r", "terminal length 0\r\nleaf1# "),
        ("terminal width 511\r", "terminal width 511\r\nleaf1# "),
        ("configure terminal\r", "configure terminal\r\nleaf1(config)# "),
        ("vlan 10\r", "vlan 10\r\nleaf1(config-vlan)# "),
        ("name new10\r", "name new10\r\nleaf1(config-vlan)# "),
        ("vlan 4000\r", "vlan 4000\r\n% Invalid value/range\r\nleaf1(config-vlan)# "),
        ("end\r", "end\r\nleaf1# "),
    ]);
    assert_eq!(switch.vlans()[&vlan(10)].name(vlan(10)), "new10");
}

#[test]
fn keys_edit_the_line() {
    converse(&[
        ("shoq\x7fw hostname\r\n", "shoq\x08 \x08w hostname\r\nleaf1 \r\nleaf1# "),
        ("\x08\n", "\r\nleaf1# "),
        ("conf t\n", "conf t\r\nleaf1(config)# "),
        ("vlan 999\x03", "vlan 999^C\r\nleaf1(config)# "),
        ("rubbish\x1a", "rubbish^Z\r\nleaf1# "),
        ("vlan 10\n", "vlan 10\r\n^\r\n% Invalid command at '^' marker.\r\nleaf1# "),
        ("show\n", "show\r\n% Incomplete command at '^' marker.\r\nleaf1# "),
    ]);
}

#[test]
fn a_page_is_24_lines_until_terminal_length_says_otherwise() {
    let mut switch = switch();
    let mut terminal = open(&mut switch);
    let config = switch.running_config();
    let lines: Vec<_> = config.lines().collect();
    assert!(lines.len() > 26, "{config}");
    let shown =
        |range: std::ops::Range<usize>| lines[range].iter().map(|line| format!("{line}\r\n")).collect::<String>();
    let wiped = "\r          \r";
    let mut check = |typed: &str, expected: String| {
        assert_eq!(drive(&mut terminal, &mut switch, typed.as_bytes()).0, expected, "{typed:?}");
    };
    check("show running-config\n", format!("show running-config\r\n{} --More-- ", shown(0..23)));
    check("x", String::new());
    check("\n", format!("{wiped}{} --More-- ", shown(23..24)));
    check("q", format!("{wiped}leaf1# "));
    check("show run\n ", format!("show run\r\n{} --More-- {wiped}{}leaf1# ", shown(0..23), shown(23..lines.len())));
    check("term len 11\n", "term len 11\r\nleaf1# ".to_owned());
    check("show run\n\x03", format!("show run\r\n{} --More-- {wiped}leaf1# ", shown(0..10)));
    check("terminal length 0\n", "terminal length 0\r\nleaf1# ".to_owned());
    check("show run\n", format!("show run\r\n{}leaf1# ", shown(0..lines.len())));
}

#[test]
fn a_line_takes_its_time_and_what_is_typed_meanwhile_waits() {
    let mut switch = switch();
    let (read, write) = (Duration::from_millis(20), Duration::from_millis(100));
    (switch.delays, switch.save_time) = (Delays { read, write }, Duration::from_secs(20));
    let mut terminal = open(&mut switch);
    let reply = terminal.input(&mut switch, b"configure terminal\nvlan 40\nend\n", NOW);
    let seen = "configure terminal\r\nleaf1(config)# vlan 40\r\n";
    assert_eq!((reply.bytes.as_slice(), reply.next), (seen.as_bytes(), Next::Serve { takes: write, write: true }));
    assert!(!switch.is_active(vlan(40)));
    let reply = terminal.serve(&mut switch, NOW);
    assert_eq!((reply.bytes.as_slice(), reply.next), (b"leaf1(config-vlan)# end\r\nleaf1# ".as_slice(), Next::Listen));
    assert!(switch.is_active(vlan(40)));
    let mut takes = |line: &str| terminal.input(&mut switch, line.as_bytes(), NOW).next;
    assert_eq!(takes("show hostname\n"), Next::Serve { takes: read, write: false });
    terminal.serve(&mut switch, NOW);
    let mut takes = |line: &str| terminal.input(&mut switch, line.as_bytes(), NOW).next;
    assert_eq!(takes("copy run start\n"), Next::Serve { takes: switch.save_time, write: false });
}

#[test]
fn only_one_session_saves_at_a_time() {
    let mut switch = switch();
    let (mut first, mut second) = (open(&mut switch), open(&mut switch));
    switch.save_time = Duration::from_secs(20);
    first.input(&mut switch, b"copy run start\n", NOW);
    let (seen, _) = drive(&mut second, &mut switch, b"copy run start\n");
    assert!(seen.contains("ERROR: copy running-config startup-config is in progress"), "{seen}");
    let saved = first.serve(&mut switch, NOW + Duration::from_secs(20));
    assert!(String::from_utf8_lossy(&saved.bytes).contains("Copy complete."));
}

#[test]
fn lines_are_counted_as_requests_are_and_name_their_terminal() {
    let mut switch = switch();
    let _first = open(&mut switch);
    let mut second = open(&mut switch);
    drive(
        &mut second,
        &mut switch,
        b"show version\nshow nothing\nrubbish\nconf t\nint e1/1\nsw tr al vl add 30\nend\ncopy run start\n",
    );
    let counters = switch.counters();
    assert_eq!((counters.reads, counters.writes, counters.saves, counters.ssh_sessions), (2, 1, 1, 2));
    let last = switch.accounting().entries().last().expect("an entry").to_owned();
    assert!(last.contains(":id=192.0.2.7@pts/1:user=admin:cmd=copy running-config startup-config"), "{last}");
}

#[test]
fn every_line_taken_turns_the_next_caller_away() {
    let mut switch = switch();
    let mut taken: Vec<_> = (0..switch.profile().vtys).map(|_| open(&mut switch)).collect();
    assert!(switch.open_terminal("192.0.2.7", "admin").is_none());
    assert_eq!(switch.counters().turned_away, 1);
    let gone = taken.swap_remove(5);
    switch.close_terminal(&gone);
    let mut again = open(&mut switch);
    // Said twice, the first does not take the second's line away.
    switch.close_terminal(&gone);
    assert_eq!(drive(&mut again, &mut switch, b"\n").1, Next::Listen);
}

#[test]
fn faults_meet_terminals_too() {
    let mut switch = switch();
    let mut terminal = open(&mut switch);
    drive(&mut terminal, &mut switch, b"conf t\n");
    switch.faults.refuse("vlan 50", "ERROR: no more", 1);
    let (seen, _) = drive(&mut terminal, &mut switch, b"vlan 50\n");
    assert_eq!(seen, "vlan 50\r\nERROR: no more\r\nleaf1(config)# ");
    switch.faults.bad_reply = Some((BadReply::HangUp, 1));
    assert_eq!(drive(&mut terminal, &mut switch, b"vlan 51\n"), ("vlan 51\r\n".to_owned(), Next::Cut));
    assert!(switch.is_active(vlan(51)) && !switch.is_active(vlan(50)));
    switch.faults.bad_reply = Some((BadReply::TooManySessions, 1));
    assert!(switch.open_terminal("192.0.2.7", "admin").is_none());
    let mut terminal = open(&mut switch);
    switch.faults.unreachable = true;
    assert_eq!(drive(&mut terminal, &mut switch, b"\n"), (String::new(), Next::Cut));
}

#[test]
fn a_reload_ends_every_session() {
    let mut switch = switch();
    switch.boot_time = Duration::ZERO;
    let mut terminal = open(&mut switch);
    terminal.input(&mut switch, b"conf t\nvlan 40\n", NOW);
    switch.reload(NOW);
    switch.boot(NOW);
    assert_eq!(terminal.serve(&mut switch, NOW).next, Next::Cut);
    assert!(!switch.is_active(vlan(40)));
    open(&mut switch);
}

#[test]
fn the_login_is_the_one_of_nx_api() {
    let mut switch = switch();
    assert!(switch.admits("admin", Credential::Password("admin")) && switch.admits("admin", Credential::Key));
    assert!(!switch.admits("admin", Credential::Password("wrong")) && !switch.admits("root", Credential::Key));
    switch.faults.refuse_logins = true;
    assert!(!switch.admits("admin", Credential::Password("admin")));
    let counters = switch.counters();
    assert_eq!((counters.logins, counters.wrong_passwords), (2, 3));
}

#[test]
fn a_single_command_has_no_prompt_no_echo_and_no_pages() {
    let mut switch = switch();
    let config = switch.running_config();
    let mut once = |line: &[u8]| {
        let mut terminal = open(&mut switch);
        terminal.single();
        assert_eq!(terminal.greeting(&switch), b"");
        drive(&mut terminal, &mut switch, line)
    };
    assert_eq!(once(b"show running-config\n"), (config.trim_end().replace('\n', "\r\n") + "\r\n", Next::Close));
    assert_eq!(once(b"conf t\nvlan 9\n"), (String::new(), Next::Close));
}

/// What people and programs type, and what they do not.
fn typed() -> impl Strategy<Value = Vec<u8>> {
    let lines = ["conf t", "int e1/1", "vlan 10", "name x", "end", "show run", "show vlan", "term len 5", "rubbish"];
    let line = prop::sample::select(lines.to_vec()).prop_map(|line| line.as_bytes().to_vec());
    let end = prop::sample::select(vec!["\n", "\r", "\r\n", "\0\n", "q", " "]).prop_map(|end| end.as_bytes().to_vec());
    let any = prop::collection::vec(any::<u8>(), 0..6);
    prop::collection::vec(prop_oneof![3 => line, 4 => end, 1 => any], 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn however_the_bytes_are_cut_the_same_is_seen(bytes in typed(), sizes in prop::collection::vec(1..9_usize, 1..9)) {
        let (mut whole, mut cut) = (switch(), switch());
        let (mut one, mut other) = (open(&mut whole), open(&mut cut));
        let expected = see(&mut one, &mut whole, &bytes).0;
        let mut seen = Vec::new();
        let (mut rest, mut sizes) = (bytes.as_slice(), sizes.iter().cycle());
        while let Some((chunk, after)) = rest.split_at_checked(*sizes.next().expect("endless")) {
            seen.extend(see(&mut other, &mut cut, chunk).0);
            rest = after;
        }
        seen.extend(see(&mut other, &mut cut, rest).0);
        prop_assert_eq!(seen, expected);
        prop_assert_eq!(whole.running_config(), cut.running_config());
    }
}
