//! A parsed answer as JSON, so that a capture can say what it must be read as: beside `show_vlan/leaf.txt` lies
//! `show_vlan/leaf.expected.json`.
//!
//! | command | form |
//! |---|---|
//! | `show version` | `{"hostname", "serial", "platform", "version", "uptime_s"}` |
//! | `show running-config interface` | `{port: {"mode", "fabric", "inherits", "allowed", "native", "channel_group", "edge"}}` |
//! | `show interface brief` | `{port: {"mode", "up"}}` |
//! | `show vlan` | `{"present", "active"}` |
//! | `show port-channel summary` | `{port-channel: [member]}` |
//! | `show lldp`, `show cdp neighbors detail` | `[{"interface", "protocol", "system_name", "port", "macs"}]` |
//! | `show mac address-table` | `[{"vlan", "mac", "interface"}]` |
//! | `show accounting log` | `[{"user", "path", "success"}]` |
//! | `show vpc` | `null` without a domain, else `{"id", "role", "adjacent", "alive", "peer_link", "legs"}` |
//! | `show interface trunk` | `{port: forwarding}` |
//! | `show fex` | `{number: {"serial", "online"}}` |
//! | `show feature`, `show feature-set` | `[name]` of those enabled |
//! | `show vtp status`, `show system mode`, `show running-config switch-profile` | `true` or `false` |
//! | `copy running-config startup-config` | `null`, or the switch's words |
//! | any that tells nothing | `"silent"` |
//!
//! VLANs are lists as a switch prints them (`"1,10-20"`, `"none"`), ports have their long names, what is not told is
//! `null`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{accounting, config::PortConfig, ports::PortStatus};
use crate::{
    nexus::Piece,
    tracker::{MacEntry, Neighbor, PortMode, Vpc, VpcDomain},
};

impl Piece {
    /// The piece as JSON, in the form of the table above.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Version(who, uptime) => json!({"hostname": who.hostname, "serial": who.serial,
                "platform": who.platform, "version": who.version, "uptime_s": uptime.map(|uptime| uptime.as_secs())}),
            Self::Config(ports) => object(ports, config),
            Self::Ports(ports) => object(ports, status),
            Self::Vlans(vlans) => json!({"present": vlans.present, "active": vlans.active}),
            Self::PortChannels(channels) => object(channels, |members| json!(members)),
            Self::Neighbors(neighbors) => neighbors.iter().map(neighbor).collect(),
            Self::Macs(entries) => entries.iter().map(mac).collect(),
            Self::Accounting(entries) => entries.iter().map(entry).collect(),
            Self::Vpc(Vpc::None) => Value::Null,
            Self::Vpc(Vpc::Domain(found)) => domain(found),
            Self::Trunks(trunks) => object(trunks, |vlans| json!(vlans)),
            Self::Fexes(fexes) => object(fexes, |fex| json!({"serial": fex.serial, "online": fex.online})),
            Self::Features(names) | Self::FeatureSets(names) => json!(names),
            Self::Vtp(is) | Self::Maintenance(is) | Self::SwitchProfile(is) => json!(is),
            Self::Saved(said) => json!(said.as_ref().err()),
            Self::Silent(_) => json!("silent"),
        }
    }
}

fn object<K: ToString, V>(map: &BTreeMap<K, V>, value: impl Fn(&V) -> Value) -> Value {
    map.iter().map(|(key, found)| (key.to_string(), value(found))).collect::<Map<_, _>>().into()
}

fn config(port: &PortConfig) -> Value {
    json!({"mode": port.mode.as_ref().map(mode), "fabric": port.fabric, "inherits": port.inherits,
        "allowed": port.allowed, "native": port.native, "channel_group": port.channel_group, "edge": port.edge})
}

fn status(port: &PortStatus) -> Value {
    json!({"mode": port.mode.as_ref().map(mode), "up": port.up})
}

fn mode(mode: &PortMode) -> &str {
    match mode {
        PortMode::Trunk => "trunk",
        PortMode::Access => "access",
        PortMode::Routed => "routed",
        PortMode::FexFabric => "fex-fabric",
        PortMode::Other(word) => word,
    }
}

fn neighbor(neighbor: &Neighbor) -> Value {
    json!({"interface": neighbor.interface, "protocol": neighbor.protocol, "system_name": neighbor.system_name,
        "port": neighbor.port, "macs": neighbor.macs})
}

fn mac(entry: &MacEntry) -> Value {
    json!({"vlan": entry.vlan, "mac": entry.mac, "interface": entry.interface})
}

fn entry(entry: &accounting::Entry) -> Value {
    json!({"user": entry.user, "path": entry.path, "success": entry.success})
}

fn domain(found: &VpcDomain) -> Value {
    let link = found.peer_link.as_ref();
    let link = link.map(|link| json!({"interface": link.interface, "up": link.up, "vlans": link.vlans}));
    let legs = object(
        &found.legs,
        |leg| json!({"id": leg.id, "up": leg.up, "consistent": leg.consistent, "vlans": leg.vlans}),
    );
    json!({"id": found.id, "role": found.role, "adjacent": found.adjacent, "alive": found.alive, "peer_link": link,
        "legs": legs})
}
