//! The store does what the ledger relies on: all or nothing, durable, refused when damaged.

use std::{collections::BTreeMap, fs, process::Command};

use proptest::prelude::*;
use vmtracker_core::{
    net::{InterfaceName, SwitchName, VlanId},
    tracker::{Moment, Place},
};

use super::*;
use crate::clock;

fn record(port: u16, vlan: u16, at: Moment, what: What) -> Record {
    Record {
        at,
        switch: SwitchName::from("leaf-1"),
        serial: "FDO1".to_owned(),
        place: Place::Interface(InterfaceName::Ethernet(1, port)),
        vlan: VlanId::new(vlan).expect("a VLAN"),
        what,
    }
}

fn claimed(vlan: u16) -> Record {
    record(1, vlan, clock::now(), What::Claimed { cause: "vm-1 moves to host-2".to_owned() })
}

fn entry(what: &str) -> Entry {
    Entry {
        at: clock::now(),
        actor: "uid 0".to_owned(),
        what: what.to_owned(),
        switch: None,
        place: None,
        vlan: None,
        text: String::new(),
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

#[test]
fn what_was_appended_is_there_after_a_restart() {
    let folder = folder();
    let path = folder.path().join("s.db");
    let records = vec![claimed(10), record(1, 10, clock::now(), What::Owned), claimed(11)];
    let mut store = SqliteStore::open(&path).expect("opens");
    store.append(&records).expect("appends");
    store.set_paused(true, &entry("pause")).expect("pauses");
    store.set_brake(Some("12 lapses"), &entry("brake")).expect("brakes");
    let epoch = store.epoch();
    drop(store);
    let mut store = SqliteStore::open(&path).expect("opens again");
    assert_eq!(store.load().expect("loads"), records);
    assert_eq!(store.epoch(), epoch + 1);
    assert!(store.paused().expect("reads"));
    assert_eq!(store.brake().expect("reads").as_deref(), Some("12 lapses"));
    let history: Vec<String> = store.history(3).expect("reads").into_iter().map(|line| line.what).collect();
    assert_eq!(history, ["brake", "pause", "claimed"]);
}

#[test]
fn two_controllers_cannot_share_a_file() {
    let folder = folder();
    let path = folder.path().join("s.db");
    let first = SqliteStore::open(&path).expect("opens");
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::InUse(_))));
    drop(first);
    SqliteStore::open(&path).expect("free again");
}

#[test]
fn a_damaged_file_is_refused() {
    let folder = folder();
    let path = folder.path().join("s.db");
    let check = |damage: &dyn Fn(&mut Vec<u8>)| {
        drop(fs::remove_file(&path));
        let mut store = SqliteStore::open(&path).expect("opens");
        store.append(&(1..500).map(claimed).collect::<Vec<_>>()).expect("appends");
        drop(store);
        let mut bytes = fs::read(&path).expect("reads");
        damage(&mut bytes);
        fs::write(&path, bytes).expect("writes");
        let refusal = SqliteStore::open(&path).err();
        assert!(matches!(refusal, Some(StoreError::Corrupt { .. })), "{refusal:?}");
    };
    check(&|bytes| bytes[..16].fill(b'x'));
    check(&|bytes| bytes[8192..20_000].fill(0xa5));
    check(&|bytes| bytes.truncate(9000));
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = folder();
    let path = folder.path().join("s.db");
    drop(SqliteStore::open(&path).expect("opens"));
    Connection::open(&path).expect("opens").execute_batch("PRAGMA user_version = 99").expect("sets");
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::Schema { found: 99, .. })));
}

#[test]
fn after_a_failed_commit_the_file_is_opened_and_verified_anew() {
    let folder = folder();
    let mut store = SqliteStore::open(&folder.path().join("s.db")).expect("opens");
    store.append(&[claimed(10)]).expect("appends");
    store.connection().expect("open").execute_batch("PRAGMA query_only = 1").expect("sets");
    assert!(matches!(store.append(&[claimed(11)]), Err(StoreError::Sqlite { .. })));
    assert!(store.connection.is_none(), "the connection was dropped");
    store.append(&[claimed(12)]).expect("a fresh connection writes");
    let vlans: Vec<u16> = store.load().expect("loads").iter().map(|record| record.vlan.get()).collect();
    assert_eq!(vlans, [10, 12]);
}

#[test]
fn a_file_damaged_while_running_stops_all_writing() {
    let folder = folder();
    let path = folder.path().join("s.db");
    let mut store = SqliteStore::open(&path).expect("opens");
    store.append(&[claimed(10)]).expect("appends");
    store.connection = None;
    fs::write(&path, b"this is no database at all, and long enough to be looked at closely").expect("writes");
    for _ in 0..2 {
        assert!(matches!(store.append(&[claimed(11)]), Err(StoreError::Corrupt { .. })));
    }
}

/// What the ledger's fold makes of one key: the state since the last end, by the last record of each kind.
type Fold = BTreeMap<(String, u16), BTreeMap<&'static str, Moment>>;

fn fold(records: &[Record]) -> Fold {
    let mut fold = Fold::new();
    for record in records {
        let key = (record.place.to_string(), record.vlan.get());
        let (kind, _) = describe(&record.what);
        let state = fold.entry(key).or_default();
        if matches!(record.what, What::Released { .. } | What::Withdrawn) {
            state.clear();
        } else {
            state.insert(kind, record.at);
        }
    }
    fold.retain(|_, state| !state.is_empty());
    fold
}

fn any_what() -> impl Strategy<Value = What> {
    let text = || "why".to_owned();
    prop_oneof![
        Just(What::Claimed { cause: text() }),
        Just(What::Owned),
        Just(What::Released { why: text() }),
        Just(What::Withdrawing { cause: text() }),
        Just(What::Withdrawn),
        Just(What::StandsFor { reasons: Vec::new() }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn pruning_changes_nothing_for_the_fold_and_bounds_the_file(
        steps in proptest::collection::vec((1u16..3, 1u16..3, any_what()), 0..120),
    ) {
        let folder = folder();
        let mut store = SqliteStore::open(&folder.path().join("s.db")).expect("opens");
        let at = |index: usize| Moment::from_unix_ms(index as u64);
        let records: Vec<Record> = steps
            .into_iter()
            .enumerate()
            .map(|(index, (port, vlan, what))| record(port, vlan, at(index), what))
            .collect();
        store.append(&records).expect("appends");
        store.prune().expect("prunes");
        let left = store.load().expect("loads");
        prop_assert_eq!(fold(&left), fold(&records));
        prop_assert!(left.len() <= 4 * 5, "four keys and five kinds: {} left", left.len());
    }
}

const CHILD: &str = "VMTRACKER_TEST_CLAIMS";

/// Does nothing unless it runs as the traced child of the test below.
#[test]
fn as_a_child_it_commits_what_it_is_told() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let (path, claims) = told.split_once('|').expect("path and number");
    let mut store = SqliteStore::open(Path::new(path)).expect("opens");
    for vlan in 1..=claims.parse().expect("a number") {
        store.append(&[claimed(vlan), claimed(vlan + 100)]).expect("appends");
    }
    std::process::exit(0);
}

#[test]
fn every_claim_costs_exactly_one_sync() {
    if Command::new("strace").arg("-V").output().is_err() {
        return println!("peer strace: skipped (it is not installed, so nobody counts the syncs)");
    }
    let none = syncs(0);
    assert_eq!(syncs(1) - none, 1);
    assert_eq!(syncs(10) - none, 10);
    println!("peer strace: ran");
}

fn syncs(claims: usize) -> usize {
    let folder = folder();
    let trace = folder.path().join("trace");
    let status = Command::new("strace")
        .args(["-f", "-e", "trace=fsync,fdatasync", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().expect("this binary"))
        .args(["--exact", "store::sqlite::tests::as_a_child_it_commits_what_it_is_told", "--test-threads=1"])
        .env(CHILD, format!("{}|{claims}", folder.path().join("s.db").display()))
        .output()
        .expect("runs");
    assert!(status.status.success(), "{status:?}");
    let trace = fs::read_to_string(trace).expect("reads");
    trace.lines().filter(|line| line.contains("sync(")).count()
}
