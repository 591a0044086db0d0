//! The conformance suite: one switch, read four ways, is the same switch. Without a controller.

use vmtracker::{
    config::{Config, SwitchSettings},
    lab::{
        model::switch::{Platform, Structured},
        topology::Topology,
    },
    nexus::{Driver, connect},
};
use vmtracker_core::{
    net::InterfaceName,
    nexus::{Piece, Query},
    tracker::Discovery,
};

use super::Way;
use crate::site::{Site, small};

/// Everything that is ever asked, but the save.
fn queries() -> Vec<Query> {
    let all = Query::all(InterfaceName::Ethernet(1, 1));
    all.into_iter().filter(|query| *query != Query::Save).collect()
}

/// The small data centre with leaves of this platform.
fn played(platform: Platform) -> Topology {
    let mut topology = small();
    topology.switches.iter_mut().for_each(|switch| switch.platform = platform);
    topology
}

/// What the configuration says of `leaf1a` when it is reached this way.
fn settings(site: &Site, way: Way) -> SwitchSettings {
    way.configure(site);
    let config = Config::load(&site.files.config).expect("a good configuration");
    config.switches.get(&"leaf1a".into()).expect("such a switch").clone()
}

/// What the switch says, by question, read this way.
fn read(site: &Site, way: Way) -> Vec<Result<Piece, String>> {
    let client = connect(&settings(site, way)).expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let pieces = runtime.block_on(client.read(&queries())).unwrap_or_else(|error| panic!("{way:?}: {error}"));
    pieces.into_iter().map(|piece| piece.map(timeless)).collect()
}

/// Without the time that passes between two readings.
fn timeless(piece: Piece) -> Piece {
    let Piece::Version(identity, uptime) = piece else { return piece };
    assert!(uptime.is_some(), "it tells how long it has been up");
    Piece::Version(identity, None)
}

/// A terminal without `| json` (facts: NX-OS §2.15) gives text, and the text of CDP does not tell the neighbour's address.
fn as_told(piece: Result<Piece, String>, platform: Platform) -> Result<Piece, String> {
    match piece {
        Ok(Piece::Neighbors(mut heard)) if platform.profile().structured < Structured::Json => {
            let by_cdp = heard.iter_mut().filter(|neighbor| neighbor.protocol == Discovery::Cdp);
            by_cdp.for_each(|neighbor| neighbor.macs.clear());
            Ok(Piece::Neighbors(heard))
        }
        other => other,
    }
}

fn check(platform: Platform) {
    let site = Site::new(&played(platform));
    let [first, others @ ..] = Way::ALL;
    let read = |way| read(&site, way).into_iter().map(|piece| as_told(piece, platform)).collect::<Vec<_>>();
    let expected = read(first);
    for way in others {
        let found = read(way);
        assert_eq!(found.len(), queries().len());
        for (query, (found, expected)) in queries().iter().zip(found.iter().zip(&expected)) {
            assert_eq!(found, expected, "{}: {query} by {way:?}, and by {first:?}", platform.name());
        }
    }
}

#[test]
fn every_platform_is_read_alike_on_every_way() {
    for (platform, _) in Platform::ALL {
        check(platform);
    }
}
