//! What a switch says in text and what it says in JSON are read as the same.

use std::{num::NonZeroUsize, time::Duration};

use vmtracker::lab::{
    model::switch::{Author, Outcome, Session, Switch},
    topology::{Layout, Size, Topology},
};
use vmtracker_core::nexus::{Answer, Encoding, Piece, Query, parse};

const QUERIES: [Query; 7] =
    [Query::Version, Query::Ports, Query::Vlans, Query::PortChannels, Query::Lldp, Query::Cdp, Query::Trunks];

/// The same command's answer in both encodings.
fn answers(switch: &mut Switch, query: Query) -> Option<[Answer; 2]> {
    let author = Author { origin: "192.0.2.10@nginx".to_owned(), user: "ann".to_owned() };
    match Session::nxapi(author).type_line(switch, &query.to_string(), Duration::from_secs(60)) {
        Outcome::Printed { text, body: Some(body) } => Some([Answer::Text(text), Answer::Structured(body)]),
        Outcome::Printed { body: None, .. } | Outcome::Quiet | Outcome::Rejected(_) => None,
    }
}

/// The text of CDP does not tell the neighbour's address.
fn without_addresses(mut piece: Piece) -> Piece {
    if let Piece::Neighbors(heard) = &mut piece {
        heard.iter_mut().for_each(|neighbor| neighbor.macs.clear());
    }
    piece
}

#[test]
fn a_switch_is_read_alike_in_text_and_in_json() {
    let count = |number| NonZeroUsize::new(number).expect("more than none");
    let size = Size { vcenters: count(1), switches: count(4), hosts: count(8), vms: 8 };
    let topology = Topology::laid_out(Layout::Pairs, size, 7);
    let mut compared = 0;
    for (name, mut switch) in topology.switches(1_700_000_000_000) {
        for query in QUERIES {
            assert_eq!(query.encoding(), Encoding::Structured);
            let Some(pair) = answers(&mut switch, query) else { continue };
            let [text, json] = pair.map(|answer| {
                let piece =
                    parse::piece(query, &answer).unwrap_or_else(|why| panic!("{name}: {query}: {why}: {answer:?}"));
                if query == Query::Cdp { without_addresses(piece) } else { piece }
            });
            assert_eq!(text, json, "{name}: {query}");
            compared += 1;
        }
    }
    assert!(compared >= QUERIES.len(), "{compared}");
}
