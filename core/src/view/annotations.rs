//! What hosts and VMs show of their findings in vCenter's own client: one line each.

use std::collections::BTreeMap;

use crate::{
    net::{VcenterId, VcenterName},
    tracker::{Entity, Finding, Snapshot},
};

/// The longest line, in bytes. vCenter's documentation names no bound; this is a line that people can read.
const LIMIT: usize = 255;

/// Between two findings of one line.
const BETWEEN: &str = " | ";

/// The line that each host and VM of a vCenter shall show; who is not in it shows nothing. None while the facts of that
/// vCenter are not complete: what is not known now may be a finding all the same.
pub fn annotations(snapshot: &Snapshot, name: &VcenterName, id: &VcenterId) -> Option<BTreeMap<Entity, String>> {
    snapshot.vcenters.get(name).filter(|state| state.complete)?;
    let mut findings: BTreeMap<Entity, Vec<&Finding>> = BTreeMap::new();
    for finding in &snapshot.findings {
        for entity in finding.about.iter().filter(|entity| is_of(entity, id)) {
            findings.entry(entity.clone()).or_default().push(finding);
        }
    }
    Some(findings.into_iter().map(|(entity, findings)| (entity, line(&findings))).collect())
}

fn is_of(entity: &Entity, vcenter: &VcenterId) -> bool {
    match entity {
        Entity::Vm(id) | Entity::Host(id) => id.vcenter == *vcenter,
    }
}

/// As many findings as there is room for, and how many there are beside.
fn line(findings: &[&Finding]) -> String {
    let texts: Vec<String> = findings.iter().map(|finding| plain(finding)).collect();
    let whole = |count: usize| {
        let shown: Vec<&str> = texts.iter().take(count).map(String::as_str).collect();
        shown.join(BETWEEN) + &more(texts.len() - shown.len())
    };
    let fitting = (1..=texts.len()).rev().map(whole).find(|line| line.len() <= LIMIT);
    fitting.unwrap_or_else(|| {
        let more = more(texts.len().saturating_sub(1));
        cut(texts.first().map_or("", String::as_str), LIMIT - more.len()) + &more
    })
}

fn more(count: usize) -> String {
    if count == 0 { String::new() } else { format!("{BETWEEN}{count} more") }
}

/// Without what ends a line or cannot be written in XML.
fn plain(finding: &Finding) -> String {
    let text = format!("{} {}: {}", finding.kind, finding.subject, finding.text);
    text.chars().filter(|letter| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}')).collect()
}

/// At most `room` bytes of whole letters; what was cut ends in an ellipsis.
fn cut(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    for letter in text.chars() {
        if out.len() + letter.len_utf8() + '…'.len_utf8() > room {
            break;
        }
        out.push(letter);
    }
    out + "…"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tracker::{FindingKind, Moment, ObjectId, VcenterState};

    fn finding(subject: &str, text: &str, about: &[Entity]) -> Finding {
        let kind = FindingKind::NotPermitted;
        let (subject, text, about) = (subject.to_owned(), text.to_owned(), about.iter().cloned().collect());
        Finding { kind, team: kind.team(), subject, text, since: Moment::default(), about }
    }

    fn vm(number: u16) -> Entity {
        Entity::Vm(ObjectId::new(&"uuid-1".into(), &format!("vm-{number}")))
    }

    fn snapshot(complete: bool, findings: Vec<Finding>) -> Snapshot {
        let state = VcenterState { complete, lost: None, vms: 0, hosts: 0 };
        Snapshot {
            at: Moment::default(),
            paused: false,
            brake: None,
            vcenters: BTreeMap::from([("vc1".into(), state)]),
            switches: BTreeMap::new(),
            vms: BTreeMap::new(),
            hosts: BTreeMap::new(),
            attachments: BTreeMap::new(),
            requirements: Vec::new(),
            findings,
        }
    }

    fn shown(complete: bool, findings: Vec<Finding>) -> Option<BTreeMap<Entity, String>> {
        annotations(&snapshot(complete, findings), &"vc1".into(), &"uuid-1".into())
    }

    #[test]
    fn every_object_shows_its_own_findings_and_none_of_another_vcenter() {
        let other = Entity::Host(ObjectId::new(&"uuid-2".into(), "host-1"));
        let host = Entity::Host(ObjectId::new(&"uuid-1".into(), "host-1"));
        let findings = vec![
            finding("leaf1 VLAN 7", "no", &[vm(1), vm(2), other]),
            finding("host a", "away", &[vm(1), host.clone()]),
            finding("fabric", "nobody's", &[]),
        ];
        let expected = BTreeMap::from([
            (vm(1), "not-permitted leaf1 VLAN 7: no | not-permitted host a: away".to_owned()),
            (vm(2), "not-permitted leaf1 VLAN 7: no".to_owned()),
            (host, "not-permitted host a: away".to_owned()),
        ]);
        assert_eq!(shown(true, findings), Some(expected));
    }

    #[test]
    fn nothing_is_said_of_a_vcenter_that_is_not_completely_known() {
        assert_eq!(shown(false, vec![finding("a", "b", &[vm(1)])]), None);
        assert_eq!(annotations(&snapshot(true, Vec::new()), &"vc2".into(), &"uuid-1".into()), None);
        assert_eq!(shown(true, Vec::new()), Some(BTreeMap::new()));
    }

    #[test]
    fn a_line_is_one_line_and_not_too_long_and_says_how_many_more_there_are() {
        let check = |texts: &[&str], end: &str| {
            let findings = texts.iter().map(|text| finding("x", text, &[vm(1)])).collect();
            let line = shown(true, findings).expect("complete").remove(&vm(1)).expect("a line");
            assert!(line.len() <= LIMIT && line.ends_with(end), "{} {line}", line.len());
            assert!(line.chars().all(|letter| !letter.is_control()), "{line:?}");
        };
        check(&["a\nb\u{1b}[31m\u{ffff}"], "x: ab[31m");
        check(&[&"ä".repeat(300)], "ä…");
        check(&[&"ä".repeat(300), "b"], "ä… | 1 more");
        check(&[&"a".repeat(200), &"b".repeat(200), "c"], "a | 2 more");
        check(&["a", "b", &"c".repeat(300)], "x: b | 1 more");
        let many = vec!["much of a text"; 2000];
        check(&many, " more");
        assert_eq!(BTreeSet::from([line(&[]).len()]), BTreeSet::from([0]));
    }
}
