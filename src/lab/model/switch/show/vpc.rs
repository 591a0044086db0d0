//! `show vpc`, with the keys of a real capture (facts: NX-OS §2.11).

use serde_json::{Value, json};
use vmtracker_core::net::{InterfaceName, VlanSet};

use super::{Outcome, Switch, merged, printed, short, table};
use crate::lab::model::switch::{Held, PairView, Port, PortMode, Role, VpcDomain};

/// `show vpc`: no command at all without the feature.
pub(super) fn vpc(switch: &Switch) -> Outcome {
    if !switch.features.contains("vpc") {
        return Outcome::Rejected(super::Rejection::Invalid(5));
    }
    let Some(domain) = &switch.domain else {
        let body = json!({ "vpc-domain-id": "not configured", "vpc-peer-status": "peer-not-configured" });
        return printed("vPC domain id                     : Not configured\n".to_owned(), body);
    };
    let body = [head(switch, domain), peer_link(switch), json!({ "vpc-hdr": "Start of vPC table" }), legs(switch)];
    printed(screen(switch, domain), body.into_iter().fold(json!({}), merged))
}

fn head(switch: &Switch, domain: &VpcDomain) -> Value {
    let pair = switch.standing.pair.as_ref();
    let (status, reason) = peer_status(pair);
    let restore = pair.and_then(|pair| pair.restore_at);
    let timer = if restore.is_some() { "on" } else { "off" };
    json!({
        "vpc-domain-id": domain.id.to_string(),
        "vpc-peer-status": status,
        "vpc-peer-status-reason": reason,
        "vpc-peer-keepalive-status": keepalive(pair),
        "vpc-peer-consistency": "consistent",
        "vpc-per-vlan-peer-consistency": "consistent",
        "vpc-peer-consistency-status": "SUCCESS",
        "vpc-type-2-consistency": "consistent",
        "vpc-type-2-consistency-status": "SUCCESS",
        "vpc-role": role(pair),
        "num-of-vpcs": bundles(switch).count().to_string(),
        "peer-gateway": "0",
        "dual-active-excluded-vlans": "-",
        "vpc-graceful-consistency-check-status": "enabled",
        "vpc-auto-recovery-status":
            format!("Enabled, timer is off.(timeout = {}s)", domain.auto_recovery.as_secs()),
        "vpc-delay-restore-status":
            format!("Timer is {timer}.(timeout = {}s)", domain.delay_restore.as_secs()),
        "operational-l3-peer": "Disabled",
    })
}

fn peer_status(pair: Option<&PairView>) -> (&'static str, &'static str) {
    match pair {
        Some(pair) if pair.adjacent => ("peer-ok", "SUCCESS"),
        Some(_) => ("peer-link-down", "SYSERR_MCECM_PEER_UNRCH"),
        None => ("peer-not-configured", "SYSERR_MCECM_MCT_DOES_NOT_EXISTS"),
    }
}

/// The word for a silent peer is not in the facts; that of a heard one is.
fn keepalive(pair: Option<&PairView>) -> &'static str {
    if pair.is_some_and(|pair| pair.alive) { "peer-alive" } else { "peer-not-reachable" }
}

/// The elected part, and the acting one where it differs.
fn role(pair: Option<&PairView>) -> String {
    let Some((pair, acting)) = pair.and_then(|pair| Some((pair, pair.role?))) else {
        return "none-established".to_owned();
    };
    let word = |role: Role| match role {
        Role::Primary => "primary",
        Role::Secondary => "secondary",
    };
    let elected = word(pair.elected);
    if acting == pair.elected { elected.to_owned() } else { format!("{elected}, operational {}", word(acting)) }
}

/// The port-channels with `vpc N`, by its number.
fn bundles(switch: &Switch) -> impl Iterator<Item = (u16, InterfaceName, &Port)> {
    let mut found: Vec<_> = switch.ports.iter().filter_map(|(name, port)| Some((port.vpc?, *name, port))).collect();
    found.sort_by_key(|(vpc, name, _)| (*vpc, *name));
    found.into_iter()
}

fn peer_link(switch: &Switch) -> Value {
    let rows = switch.ports.iter().filter(|(_, port)| port.peer_link).map(|(name, _)| {
        json!({
            "peer-link-id": "1",
            "peerlink-ifindex": short(*name),
            "peer-link-port-state": state(switch, *name),
            "peer-up-vlan-bitset": bitset(&switch.forwarding(*name)),
        })
    });
    let header = json!({ "vpc-peer-link-hdr": "Start of VPC peer-link table" });
    merged(header, table("peerlink", rows.collect()))
}

fn legs(switch: &Switch) -> Value {
    let rows = bundles(switch).map(|(vpc, name, _)| {
        let (consistency, why) = consistency(switch, name);
        json!({
            "vpc-id": vpc.to_string(),
            "vpc-ifindex": short(name),
            "vpc-port-state": state(switch, name),
            "phy-port-if-removed": "disabled",
            "vpc-thru-peerlink": "0",
            "vpc-consistency": consistency,
            "vpc-consistency-status": why,
            "up-vlan-bitset": bitset(&switch.forwarding(name)),
            "es-attr": "DF: Invalid",
        })
    });
    table("vpc", rows.collect())
}

fn state(switch: &Switch, name: InterfaceName) -> &'static str {
    if switch.is_up(name) { "1" } else { "0" }
}

fn consistency(switch: &Switch, name: InterfaceName) -> (&'static str, &'static str) {
    let differs = switch.standing.pair.as_ref().is_some_and(|pair| pair.inconsistent.contains(&name));
    if differs { ("inconsistent", "INVALID") } else { ("consistent", "SUCCESS") }
}

/// A switch prints `-` for no VLAN at all.
fn bitset(vlans: &VlanSet) -> String {
    if vlans.is_empty() { "-".to_owned() } else { vlans.to_string() }
}

/// The text, in the columns of a capture.
fn screen(switch: &Switch, domain: &VpcDomain) -> String {
    let peer_links = switch.ports.iter().filter(|(_, port)| port.peer_link).map(|(name, _)| {
        format!("{:<5} {:<6} {:<6} {}\n", 1, short(*name), up(switch, *name), bitset(&switch.forwarding(*name)))
    });
    let legs = bundles(switch).map(|(vpc, name, _)| {
        let consistency = if consistency(switch, name).0 == "consistent" { "success" } else { "failed" };
        let vlans = bitset(&switch.forwarding(name));
        let (port, status) = (short(name), up(switch, name));
        format!("{vpc:<5} {port:<6} {status:<6} {consistency:<11} {consistency:<26} {vlans}\n")
    });
    let rule = "-".repeat(70);
    format!(
        "Legend:\n                (*) - local vPC is down, forwarding via vPC peer-link\n\n{}\nvPC Peer-link \
         status\n{rule}\nid    Port   Status Active vlans\n--    ----   ------ \
         --------------------------------------------------\n{}\nvPC status\n{rule}\nid    Port   Status Consistency \
         Reason                     Active vlans\n--    ----   ------ ----------- -------------------------- \
         ------------\n{}",
        summary(switch, domain),
        peer_links.collect::<String>(),
        legs.collect::<String>(),
    )
}

fn summary(switch: &Switch, domain: &VpcDomain) -> String {
    let pair = switch.standing.pair.as_ref();
    let adjacent = pair.is_some_and(|pair| pair.adjacent);
    let alive = pair.is_some_and(|pair| pair.alive);
    let rows = [
        ("vPC domain id", domain.id.to_string()),
        ("Peer status", if adjacent { "peer adjacency formed ok" } else { "peer link is down" }.to_owned()),
        (
            "vPC keep-alive status",
            if alive { "peer is alive" } else { "peer is not reachable through peer-keepalive" }.to_owned(),
        ),
        ("Configuration consistency status", "success".to_owned()),
        ("vPC role", role(pair)),
        ("Number of vPCs configured", bundles(switch).count().to_string()),
    ];
    rows.iter().map(|(name, value)| format!("{name:<34}: {value}\n")).collect()
}

fn up(switch: &Switch, name: InterfaceName) -> &'static str {
    if switch.is_up(name) { "up" } else { "down" }
}

/// Why a port that has a link is down, in the words of `show interface brief`.
pub(super) const fn held(why: Held) -> &'static str {
    match why {
        Held::NoPeerLink | Held::DelayRestore | Held::Alone => "suspended by vpc",
        Held::Inconsistent => "vpc type-1 mismatch",
        Held::FexOffline => "Link not connected",
    }
}

/// A fabric extender that hangs on the switch, by its number, and whether it is reached.
pub(super) fn extenders(switch: &Switch) -> Vec<(u16, bool)> {
    let fabric = switch.ports.iter().filter(|(_, port)| port.mode == PortMode::FexFabric && port.channel.is_none());
    let mut found: Vec<(u16, bool)> =
        fabric.filter_map(|(name, port)| Some((port.fex?, switch.is_up(*name)))).collect();
    found.sort_unstable();
    found
}
