//! The running-config as text.

use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use super::{Bundling, Port, PortMode, Spanning, StpMode, StpType, Switch, VpcDomain};

/// The whole running-config.
pub(super) fn config(switch: &Switch) -> String {
    let mut text = format!(
        "\n!Command: show running-config\n\nversion {}\nhostname {}\n\n",
        switch.profile.version, switch.hostname
    );
    globals(switch, &mut text);
    vlans(switch, &mut text);
    interfaces(switch, &mut text, &[]);
    text
}

/// `show running-config interface …`; all of them when none is named.
pub(super) fn interface_config(switch: &Switch, only: &[InterfaceName]) -> String {
    let mut text = format!("\n!Command: show running-config interface\n\nversion {}\n", switch.profile.version);
    interfaces(switch, &mut text, only);
    text
}

/// `show running-config vlan`.
pub(super) fn vlan_config(switch: &Switch) -> String {
    let mut text = format!("\n!Command: show running-config vlan\n\nversion {}\n", switch.profile.version);
    vlans(switch, &mut text);
    text
}

/// Features first: the rest is not understood without them.
fn globals(switch: &Switch, text: &mut String) {
    for feature in &switch.features {
        line(text, &format!("feature {feature}"));
    }
    line(text, "");
    if switch.spanning.mode == StpMode::Mst {
        line(text, "spanning-tree mode mst");
    }
    if switch.spanning.priority != Spanning::default().priority {
        line(text, &format!("spanning-tree vlan 1-3967 priority {}", switch.spanning.priority));
    }
    if let Some(domain) = switch.domain {
        vpc_domain(&domain, text);
    }
}

/// Defaults are not printed.
fn vpc_domain(domain: &VpcDomain, text: &mut String) {
    let default = VpcDomain::new(domain.id);
    line(text, &format!("vpc domain {}", domain.id));
    if domain.priority != default.priority {
        line(text, &format!("  role priority {}", domain.priority));
    }
    if domain.delay_restore != default.delay_restore {
        line(text, &format!("  delay restore {}", domain.delay_restore.as_secs()));
    }
    if domain.auto_recovery != default.auto_recovery {
        line(text, &format!("  auto-recovery reload-delay {}", domain.auto_recovery.as_secs()));
    }
}

/// One line with every VLAN, then a block for each that has attributes (facts: NX-OS §4.3).
fn vlans(switch: &Switch, text: &mut String) {
    let all: VlanSet = switch.vlans.keys().copied().collect();
    line(text, &format!("vlan {all}"));
    for (vlan, entry) in switch.vlans.iter().filter(|(_, entry)| **entry != super::Vlan::default()) {
        line(text, &format!("vlan {vlan}"));
        if let Some(name) = &entry.name {
            line(text, &format!("  name {name}"));
        }
        if entry.suspended {
            line(text, "  state suspend");
        }
        if entry.shutdown {
            line(text, "  shutdown");
        }
    }
}

/// Port-channels first, as NX-OS prints them.
fn interfaces(switch: &Switch, text: &mut String, only: &[InterfaceName]) {
    let channel = |name: &InterfaceName| matches!(name, InterfaceName::PortChannel(_));
    let wanted = |name: &InterfaceName| only.is_empty() || only.contains(name);
    let channels = switch.ports.keys().filter(|name| channel(name));
    let physical = switch.ports.keys().filter(|name| !channel(name));
    for name in channels.chain(physical).filter(|name| wanted(name)) {
        if let (Some(own), Some(effective)) = (switch.ports.get(name), switch.effective(*name)) {
            line(text, "");
            interface(switch, text, *name, own, effective);
        }
    }
}

/// One interface. A member of a port-channel repeats the channel's switchport lines (facts: NX-OS §4.4).
fn interface(switch: &Switch, text: &mut String, name: InterfaceName, own: &Port, effective: &Port) {
    line(text, &format!("interface {name}"));
    if let Some(description) = &own.description {
        line(text, &format!("  description {description}"));
    }
    switchport(switch, text, effective);
    if let Some(kind) = port_type(effective.stp) {
        line(text, &format!("  spanning-tree port type {kind}"));
    }
    if let Some(fex) = effective.fex {
        line(text, &format!("  fex associate {fex}"));
    }
    match own.channel {
        Some(channel) if own.bundling == Bundling::Static => line(text, &format!("  channel-group {channel} mode on")),
        Some(channel) => line(text, &format!("  channel-group {channel} mode active")),
        None => {}
    }
    if own.peer_link {
        line(text, "  vpc peer-link");
    }
    if let Some(vpc) = own.vpc {
        line(text, &format!("  vpc {vpc}"));
    }
    if own.shutdown {
        line(text, "  shutdown");
    }
}

const fn port_type(stp: StpType) -> Option<&'static str> {
    match stp {
        StpType::Normal => None,
        StpType::Edge => Some("edge"),
        StpType::EdgeTrunk => Some("edge trunk"),
        StpType::Network => Some("network"),
    }
}

fn switchport(switch: &Switch, text: &mut String, port: &Port) {
    match port.mode {
        PortMode::Routed => return line(text, "  no switchport"),
        PortMode::Trunk => line(text, "  switchport mode trunk"),
        PortMode::FexFabric => line(text, "  switchport mode fex-fabric"),
        PortMode::Access => {}
    }
    if port.access != VlanId::MIN {
        line(text, &format!("  switchport access vlan {}", port.access));
    }
    if port.native != VlanId::MIN {
        line(text, &format!("  switchport trunk native vlan {}", port.native));
    }
    if let Some(allowed) = &port.allowed {
        for (index, part) in split(allowed, switch.profile.list_width).iter().enumerate() {
            let add = if index == 0 { "" } else { "add " };
            line(text, &format!("  switchport trunk allowed vlan {add}{part}"));
        }
    }
}

/// A list in pieces of at most `width` characters (facts: NX-OS §4.2).
fn split(list: &VlanSet, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for range in list.to_string().split(',') {
        match lines.last_mut() {
            Some(last) if last.len() + 1 + range.len() <= width => {
                last.push(',');
                last.push_str(range);
            }
            _ => lines.push(range.to_owned()),
        }
    }
    lines
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}
