//! What a person sees of a configuration: the example in full, and every fault with its place.

use std::{fs, path::Path};

use vmtracker::config::{Config, Fault, Faults, HostTrust, SwitchSettings};
use vmtracker_core::tracker::{Act, ClusterPolicy, Mode, Prepare};

/// A directory with the files that the texts below name.
fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str, mode: u32| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("writes");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("restricts");
    };
    write("vc1.password", "hunter2\n", 0o600);
    write("open.password", "hunter3", 0o644);
    write("empty.password", "\n", 0o600);
    write("vc1-ca.pem", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", 0o644);
    write("no.pem", "hello", 0o644);
    write("id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\nAA==\n-----END OPENSSH PRIVATE KEY-----\n", 0o600);
    write("id_ed25519.passphrase", "swordfish\n", 0o600);
    write("hosts", "", 0o644);
    folder
}

fn parse(text: &str) -> Result<(Config, Vec<Fault>), Faults> {
    let folder = folder();
    Config::parse(text, &folder.path().join("vmtracker.toml"))
}

/// Every fault as `line key: text`.
fn faults(text: &str) -> Vec<String> {
    let faults = parse(text).err().map(|faults| faults.0).unwrap_or_default();
    faults.iter().map(|fault| format!("{} {}: {}", fault.line, fault.key, fault.text)).collect()
}

/// The configuration must have exactly these faults, each told by its beginning.
fn check(text: &str, expected: &[&str]) {
    let found = faults(text);
    assert_eq!(found.len(), expected.len(), "{text}\n{found:#?}");
    for (fault, part) in found.iter().zip(expected) {
        assert!(fault.starts_with(part), "{fault:?} does not begin with {part:?}");
    }
}

const VCENTER: &str =
    "[[vcenter]]\nname = 'vc1'\nurl = 'https://vc1'\nusername = 'u'\npassword_file = 'vc1.password'\n";
const SWITCH: &str =
    "[[switch]]\nname = 'leaf-1'\nurl = 'https://l1'\nusername = 'u'\npassword_file = 'vc1.password'\n";

fn shipped() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/vmtracker.toml")).expect("is shipped")
}

#[test]
fn the_shipped_file_shows_the_defaults() {
    let (shown, warnings) = parse(&shipped()).expect("valid");
    let (mut default, _) = parse("").expect("an empty configuration is valid");
    default.service.store.clone_from(&shown.service.store);
    default.service.control.clone_from(&shown.service.control);
    assert_eq!(shown, default);
    assert_eq!(shown.policy.hold_down.as_secs(), 3_600);
    assert_eq!(warnings, []);
    let absent = tempfile::tempdir().expect("a directory").path().join("vmtracker.toml");
    let (default, _) = Config::parse("", &absent).expect("valid");
    assert_eq!((shown.service.store, shown.service.control), (default.service.store, default.service.control));
}

#[test]
fn the_shipped_file_with_its_examples_is_valid_and_shows_every_key() {
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(example) if !example.is_empty() && !example.starts_with(' ') => example.to_owned(),
        Some(_) | None => line.to_owned(),
    };
    let variable = "VMTRACKER_LEAF_PASSWORD";
    // The environment of a test cannot be changed safely: the example's variable becomes one that is always set.
    let text: Vec<String> = shipped().replace(variable, "PATH").lines().map(uncomment).collect();
    let (config, warnings) = parse(&text.join("\n")).expect("valid");
    assert_eq!(warnings, []);
    assert_eq!((config.vcenters.len(), config.switches.len()), (1, 2));
    assert_eq!((config.policy.attachments.len(), config.policy.floors.len()), (1, 1));
    let known = "mode allowed_vlans hold_down pace links save store control metrics log name url username password_file \
                 password_env ca_file fingerprint_sha256 vcenter host pnic switch interface cluster vlans vpc_peer transport \
                 prepare drs_recommendations critical_vms ssh known_hosts_file host_key_sha256 host_key private_key_file \
                 passphrase_file ssh_agent attributes annotate wide_trunk wide_trunks";
    for key in known.split_whitespace() {
        assert!(text.iter().any(|line| line.starts_with(&format!("{key} ="))), "{key} is not shown");
    }
}

#[test]
fn every_fault_is_reported_at_once_with_its_line() {
    check(
        "[fabric]\nmode = 'propose'\nhold_down = '5 minutes'\nhold_dwon = '5m'\n[service]\nmetrics = 9464\nlog = 3\n\
         [[vcenter]]\nname = 'vc 1'\n[[switch]]\nname = 'a'\nurl = 'http://a'\npasword_file = 'x'\n",
        &[
            "2 fabric.mode: \"propose\" comes later",
            "3 fabric.hold_down: \"5 minutes\" is not a duration",
            "4 fabric.hold_dwon: unknown key; did you mean \"hold_down\"?",
            "6 service.metrics: must be a text",
            "7 service.log: must be a text",
            "9 vcenter[1].name: \"vc 1\" must be letters",
            "10 switch[1].username: is missing",
            "10 switch[1]: password_file or password_env is missing",
            "12 switch[1].url: must begin with https://",
            "13 switch[1].pasword_file: unknown key; did you mean \"password_file\"?",
        ],
    );
}

#[test]
fn consent_to_wide_trunks_says_which_vlans_are_meant() {
    let consent = "wide_trunks = 'allowed-vlans'\n";
    let range = "allowed_vlans = '100-199'\n";
    check(&format!("[fabric]\n{consent}{VCENTER}"), &["2 fabric.wide_trunks: needs allowed_vlans"]);
    check(&format!("[fabric]\n{consent}{VCENTER}{range}"), &[]);
    check(&format!("{VCENTER}{consent}"), &["6 vcenter[1].wide_trunks: needs allowed_vlans"]);
    check(&format!("[fabric]\n{range}{VCENTER}{consent}"), &[]);
    check(
        &format!("[fabric]\n{range}wide_trunk = 0\nwide_trunks = 'all'\n{VCENTER}wide_trunk = 'x'\n"),
        &[
            "3 fabric.wide_trunk: must be a number from 1 to 4094",
            "4 fabric.wide_trunks: \"all\" is no word for wide trunks",
            "10 vcenter[1].wide_trunk: must be a number",
        ],
    );
}

#[test]
fn a_pair_is_two_switches_of_the_file_and_a_save_has_a_time() {
    let switch = SWITCH.replace("password_file", "vpc_peer = 'leaf-1'\npassword_file");
    check(&switch, &["5 switch[1].vpc_peer: a switch is not its own peer"]);
    let switch = switch.replace("peer = 'leaf-1'", "peer = 'leaf-9'");
    let switch = format!("[fabric]\nlinks = 'all'\nsave = '5m'\n{switch}");
    check(
        &switch,
        &[
            "2 fabric.links: \"all\" is no policy",
            "3 fabric.save: \"5m\" is no time",
            "8 switch[1].vpc_peer: no [[switch]] is called \"leaf-9\"",
        ],
    );
}

#[test]
fn to_save_late_or_never_is_warned_of() {
    for (save, warned) in [("after 5m", 0), ("at 03:30", 1), ("never", 1)] {
        let (_, warnings) = parse(&format!("[fabric]\nsave = '{save}'\n")).expect("valid");
        assert_eq!(warnings.len(), warned, "{save}: {warnings:?}");
        let told = |warning: &Fault| warning.to_string().contains("suspends, on both switches");
        assert!(warnings.iter().all(told), "{warnings:?}");
    }
}

/// The first switch of a configuration, with `keys` beside its login.
fn switch(keys: &str) -> Result<SwitchSettings, String> {
    let text = format!("[[switch]]\nname = 'leaf-1'\nusername = 'u'\n{keys}");
    let (config, _) = parse(&text).map_err(|faults| faults.to_string())?;
    config.switches.into_values().next().ok_or_else(|| "no switch".to_owned())
}

#[test]
fn a_switch_is_reached_by_what_is_trusted() {
    let password = "password_file = 'vc1.password'\n";
    let nxapi = switch(&format!("url = 'https://l1:8443'\n{password}")).expect("valid");
    assert_eq!((nxapi.url.as_str(), nxapi.ssh), ("https://l1:8443", None), "no host key: no SSH");

    let both = switch(&format!("url = 'https://[::1]:8443'\n{password}known_hosts_file = 'hosts'\n")).expect("valid");
    assert_eq!(both.ssh.map(|ssh| (ssh.address(), ssh.key, ssh.agent)), Some(("[::1]:22".to_owned(), None, false)));

    let keys = "transport = 'ssh'\nssh = 'l1:2222'\nknown_hosts_file = 'new'\nhost_key = 'accept-new'\n\
                private_key_file = 'id_ed25519'\npassphrase_file = 'id_ed25519.passphrase'\nssh_agent = true\n";
    let switch = switch(keys).expect("valid");
    assert_eq!((switch.url.as_str(), switch.password.expose()), ("", ""), "a key needs no password");
    assert!(switch.secret().expose().contains("PRIVATE"), "a refused key is not everybody's");
    let ssh = switch.ssh.expect("by SSH");
    assert!(ssh.agent && matches!(ssh.trust, HostTrust::KnownHosts { accept_new: true, .. }), "{ssh:?}");
    let key = ssh.key.expect("a key");
    assert_eq!(key.passphrase.as_ref().map(|it| it.expose().to_owned()), Some("swordfish".to_owned()));
    assert!(!format!("{key:?}").contains("PRIVATE") && !format!("{key:?}").contains("swordfish"), "{key:?}");
}

#[test]
fn what_ssh_lacks_or_cannot_use_is_said() {
    let check_switch = |keys: &str, expected: &[&str]| {
        check(&format!("[[switch]]\nname = 'a'\nusername = 'u'\npassword_file = 'vc1.password'\n{keys}"), expected);
    };
    check_switch("transport = 'telnet'\n", &["1 switch[1].url: is missing", "5 switch[1].transport: \"telnet\" is no"]);
    check_switch("transport = 'ssh'\nssh = 'a'\n", &["5 switch[1].transport: by SSH the switch must prove who it is"]);
    check_switch(
        "url = 'https://a'\nssh_agent = 'yes'\n",
        &["6 switch[1].ssh_agent: by SSH", "6 switch[1].ssh_agent: must"],
    );
    check_switch(
        "transport = 'ssh'\nurl = 'https://a'\nca_file = 'vc1-ca.pem'\nknown_hosts_file = 'absent'\nssh = 'a:b'\n",
        &[
            "6 switch[1].url: is of no use",
            "7 switch[1].ca_file: is of no use",
            "8 switch[1].known_hosts_file: cannot read",
            "9 switch[1].ssh: \"a:b\" is not host",
        ],
    );
    check_switch(
        "transport = 'nxapi'\nurl = 'https://a'\nssh = 'a'\nssh_agent = true\n",
        &["7 switch[1].ssh: is of no use", "8 switch[1].ssh_agent: is of no use"],
    );
    check_switch(
        "url = 'https://a'\nhost_key_sha256 = 'SHA256:x'\nhost_key = 'any'\npassphrase_file = 'id_ed25519.passphrase'\n",
        &[
            "6 switch[1].host_key_sha256: is not a SHA-256 fingerprint",
            "7 switch[1].host_key: \"any\" is not known",
            "7 switch[1].host_key: needs known_hosts_file",
            "8 switch[1].passphrase_file: is of no use",
        ],
    );
    check_switch(
        "url = 'https://a'\nknown_hosts_file = 'hosts'\nhost_key_sha256 = 'x'\nprivate_key_file = 'no.pem'\n",
        &["7 switch[1].host_key_sha256: give known_hosts_file or", "8 switch[1].private_key_file: "],
    );
    check(
        "[[switch]]\nname = 'a'\nusername = 'u'\ntransport = 'ssh'\nssh = 'a'\nknown_hosts_file = 'hosts'\n\
         ssh_agent = false\n",
        &["7 switch[1].ssh_agent: nothing logs in"],
    );
    let twice = "transport = 'ssh'\nssh = 'a'\nknown_hosts_file = 'hosts'\n";
    let other = format!("{SWITCH}{twice}").replace("url = 'https://l1'\n", "");
    check_switch(&format!("{twice}{other}"), &["13 switch[2].ssh: a:22 is used twice: also by switch[1].ssh"]);
}

#[test]
fn a_text_that_is_no_toml_says_where() {
    check("[fabric]\nmode = \n[service\n", &["2 : ", "3 : "]);
}

#[test]
fn devices_are_unique_and_complete() {
    check(&format!("{VCENTER}{VCENTER}"), &["7 vcenter[2].name: \"vc1\" is used twice"]);
    let twin = SWITCH.replace("leaf-1", "leaf-2").replace("https://l1", "https://L1:443/");
    check(&format!("{SWITCH}{twin}"), &["8 switch[2].url: https://l1 is used twice: also by switch[1].url"]);
    check(
        &format!("{SWITCH}[[switch.interface]]\nname = 'Eth1/6'\n[[switch.interface]]\nname = 'Ethernet1/6'\n"),
        &["9 switch[1].interface[2].name: Ethernet1/6 is listed twice"],
    );
    check(
        &format!("{SWITCH}[[switch.interface]]\nname = 'mgmt0'\n[[switch.interface]]\nname = 'vmnic0'\n"),
        &["7 switch[1].interface[1].name: mgmt0 cannot be a trunk", "9 switch[1].interface[2].name: \"vmnic0\" is not"],
    );
}

#[test]
fn passwords_and_certificates_must_be_readable_and_never_show() {
    let with = |from: &str, to: &str| VCENTER.replace(from, to);
    check(&with("vc1.password", "gone.password"), &["5 vcenter[1].password_file: cannot read"]);
    check(&with("vc1.password", "empty.password"), &["5 vcenter[1].password_file: "]);
    check(
        &with("password_file = 'vc1.password'", "password_env = 'NOT_SET_ANYWHERE'"),
        &["5 vcenter[1].password_env: "],
    );
    check(&format!("{VCENTER}password_env = 'PATH'\n"), &["6 vcenter[1].password_env: give password_file or"]);
    check(&format!("{VCENTER}ca_file = 'no.pem'\n"), &["6 vcenter[1].ca_file: "]);
    check(&format!("{VCENTER}fingerprint_sha256 = 'ab'\n"), &["6 vcenter[1].fingerprint_sha256: is not"]);
    check(
        &format!("{VCENTER}ca_file = 'vc1-ca.pem'\nfingerprint_sha256 = 'ab'\n"),
        &["7 vcenter[1].fingerprint_sha256: give ca_file or"],
    );
    let (config, warnings) = parse(&with("vc1.password", "open.password")).expect("valid");
    assert!(warnings.iter().any(|warning| warning.text.contains("everybody")), "{warnings:?}");
    assert!(!format!("{config:?} {warnings:?}").contains("hunter3"));
    let (config, _) = parse(VCENTER).expect("valid");
    assert_eq!(config.vcenters.values().map(|vcenter| vcenter.password.expose()).collect::<Vec<_>>(), ["hunter2"]);
    let mistake = faults(&format!("{VCENTER}password = 'hunter2'\n"));
    assert!(mistake.iter().any(|fault| fault.contains("password_file") && !fault.contains("hunter2")), "{mistake:?}");
}

#[test]
fn placements_name_devices_that_exist() {
    let attachment = "[[attachment]]\nhost = 'esx1'\npnic = 'vmnic0'\nswitch = 'leaf-9'\ninterface = 'Eth1/6'\n";
    check(&format!("{SWITCH}{attachment}"), &["9 attachment[1].switch: no [[switch]] is called \"leaf-9\""]);
    let attachment = attachment.replace("leaf-9", "leaf-1");
    check(&format!("{SWITCH}{attachment}"), &[]);
    check(&format!("{SWITCH}{attachment}vcenter = 'vc9'\n"), &["11 attachment[1].vcenter: no [[vcenter]] is"]);
    check(&format!("{SWITCH}{attachment}{attachment}"), &["11 attachment[2]: vmnic0 of esx1 is attached twice"]);
}

#[test]
fn clusters_are_prepared_as_the_nearest_rule_says() {
    let vcenter = VCENTER.replace("vc1", "vc2").replace("vc2.password", "vc1.password");
    let own = "prepare = 'on-move'\ndrs_recommendations = true\ncritical_vms = ['vcsa01', 'store']\n";
    let cluster = "[[cluster]]\nvcenter = 'vc2'\nname = 'edge'\nprepare = 'cluster'\n";
    let (config, _) =
        parse(&format!("[fabric]\nprepare = 'cluster'\n{VCENTER}{vcenter}{own}{cluster}")).expect("valid");
    let policy = |name: &str| config.policy.vcenters.get(&name.into()).expect("a vCenter").clone();
    let (one, other) = (policy("vc1"), policy("vc2"));
    assert_eq!((one.prepare, one.drs_recommendations, one.address.as_str()), (Prepare::Cluster, false, "vc1"));
    assert_eq!((other.prepare, other.drs_recommendations), (Prepare::OnMove, true));
    assert_eq!(other.critical_vms.into_iter().collect::<Vec<_>>(), ["store", "vcsa01"]);
    let rule = ClusterPolicy { vcenter: "vc2".into(), cluster: "edge".into(), prepare: Prepare::Cluster };
    assert_eq!(config.policy.clusters, [rule]);
    let cluster = cluster.replace("vc2", "vc1");
    check(&format!("{VCENTER}{cluster}{cluster}"), &["12 cluster[2].name: cluster \"edge\" of vc1 is listed twice"]);
    check(&cluster, &["2 cluster[1].vcenter: no [[vcenter]] is called"]);
    check(
        &format!("[fabric]\nprepare = 'always'\n{VCENTER}critical_vms = 'vcsa01'\n[[cluster]]\nvcenter = 'vc1'\n"),
        &[
            "2 fabric.prepare: \"always\" is no way to prepare",
            "8 vcenter[1].critical_vms: must be a list of texts",
            "9 cluster[1].name: is missing",
            "9 cluster[1].prepare: is missing",
        ],
    );
}

#[test]
fn ranges_are_vlans_that_may_be_touched() {
    let floor = |vlans: &str| format!("{VCENTER}[[floor]]\nvcenter = 'vc1'\ncluster = 'c'\nvlans = '{vlans}'\n");
    check(&floor("100,110-112"), &[]);
    check(&floor("1,100"), &["9 floor[1].vlans: VLAN 1 is never touched"]);
    check(&floor("1000-1010"), &["9 floor[1].vlans: VLAN 1002-1005 is never touched"]);
    check(&floor("4095"), &["9 floor[1].vlans: "]);
    check("[fabric]\nallowed_vlans = '0-5'\n", &["2 fabric.allowed_vlans: "]);
    let text = format!("[fabric]\nallowed_vlans = '200-300'\n{}", floor("100"));
    let (_, warnings) = parse(&text).expect("valid");
    assert!(warnings.iter().any(|warning| warning.text.contains("VLAN 100 lies outside")), "{warnings:?}");
}

#[test]
fn a_mode_holds_below_unless_something_else_is_said() {
    let both = Mode::both;
    let apart = "[fabric]\nmode = { additions = 'enforce' }\n";
    let (config, _) = parse(&format!("{apart}{SWITCH}")).expect("valid");
    let mode = |config: &Config| config.policy.switches.values().map(|switch| switch.mode).next().expect("one");
    assert_eq!(mode(&config), Mode { additions: Act::Enforce, withdrawals: Act::Observe });
    let (config, _) = parse(&format!("{apart}{SWITCH}mode = 'enforce'\n")).expect("valid");
    assert_eq!(mode(&config), both(Act::Enforce));
    let (config, _) = parse(SWITCH).expect("valid");
    assert_eq!(mode(&config), both(Act::Observe));
    check("[fabric]\nmode = { addition = 'enforce' }\n", &["2 fabric.mode.addition: unknown key; did you mean"]);
    check("[fabric]\nmode = 5\n", &["2 fabric.mode: must be"]);
}
