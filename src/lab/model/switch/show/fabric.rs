//! `show fex`, `show feature`, and what else tells whose hands hold the switch.

use serde_json::{Value, json};

use super::{Outcome, Rejection, Switch, printed, table, vpc::extenders};

/// Features that are listed whether or not they are enabled.
const FEATURES: [&str; 14] = [
    "bash-shell",
    "bfd",
    "bgp",
    "dhcp",
    "fex",
    "hsrp_engine",
    "interface-vlan",
    "lacp",
    "lldp",
    "nxapi",
    "udld",
    "vmtracker",
    "vnseg_vlan",
    "vpc",
];
const MODEL: &str = "N2K-C2248TP-E-1GE";

/// The serial number of a FEX: the same on both of its parents, so it goes by its number and the pair.
fn serial(switch: &Switch, fex: u16) -> String {
    let domain = switch.domain.map_or(0, |domain| domain.id);
    format!("SSI{:04}{:04}", domain % 10_000, fex)
}

/// `show fex`. The names of its keys in JSON are not in the facts; these are the ones that a table of NX-OS would have.
pub(super) fn fex(switch: &Switch) -> Outcome {
    if !switch.features.contains("fex") {
        return Outcome::Rejected(Rejection::Invalid(5));
    }
    let rows = extenders(switch);
    let state = |online: bool| if online { "Online" } else { "Offline" };
    let row = |(fex, online): &(u16, bool)| -> Value {
        json!({
            "fex_number": fex.to_string(),
            "fex_desc": format!("FEX{fex:04}"),
            "fex_state": state(*online),
            "fex_model": MODEL,
            "fex_serial": serial(switch, *fex),
        })
    };
    let line = |(fex, online): &(u16, bool)| {
        let description = format!("FEX{fex:04}");
        format!("{fex:<4} {description:>14} {:>21}   {MODEL}   {}\n", state(*online), serial(switch, *fex))
    };
    let lines: String = rows.iter().map(line).collect();
    let rule = "-".repeat(72);
    let head = format!(
        "  FEX         FEX           FEX              FEX              Fex\nNumber    Description      State            \
         Model            Serial\n{rule}\n"
    );
    printed(format!("{head}{lines}"), table("fex", rows.iter().map(row).collect()))
}

/// `show feature`. A feature is called otherwise here than where it is configured.
pub(super) fn feature(switch: &Switch) -> Outcome {
    let shown = |name: &String| match name.as_str() {
        "vn-segment-vlan-based" => "vnseg_vlan".to_owned(),
        "hsrp" => "hsrp_engine".to_owned(),
        other => other.to_owned(),
    };
    let enabled: Vec<String> = switch.features.iter().map(shown).collect();
    let mut names: Vec<String> = FEATURES.map(str::to_owned).into();
    names.extend(enabled.iter().cloned());
    names.sort();
    names.dedup();
    let state = |name: &String| if enabled.contains(name) { "enabled" } else { "disabled" };
    let lines: String = names.iter().map(|name| format!("{name:<22} 1          {}\n", state(name))).collect();
    let row = |name: &String| {
        json!({
            "cfcFeatureCtrlName2": name,
            "cfcFeatureCtrlInstanceNum2": "1",
            "cfcFeatureCtrlOpStatus2": state(name),
        })
    };
    let head = "Feature Name          Instance  State   \n--------------------  --------  --------\n";
    printed(format!("{head}{lines}"), table("cfcFeatureCtrlTable", names.iter().map(row).collect()))
}

/// `show feature-set`.
pub(super) fn feature_set(switch: &Switch) -> Outcome {
    let head = "Feature Set Name      ID        State   \n--------------------  --------  --------\n";
    let row = if switch.owners.fabricpath { "fabricpath            2         enabled\n" } else { "" };
    Outcome::text(format!("{head}{row}"))
}

/// `show vtp status`: without the feature it is no command.
pub(super) fn vtp(switch: &Switch) -> Outcome {
    let Some(mode) = &switch.owners.vtp else { return Outcome::Rejected(Rejection::Invalid(5)) };
    Outcome::text(format!(
        "VTP Status Information\n----------------------\nVTP Version                     : 2 (capable)\nConfiguration \
         Revision          : 0\nVTP Operating Mode              : {mode}\nVTP Domain Name                 : lab\n"
    ))
}

/// `show system mode`.
pub(super) fn system_mode(switch: &Switch) -> Outcome {
    Outcome::text(format!("System Mode: {}\n", if switch.owners.maintenance { "Maintenance" } else { "Normal" }))
}

/// `show running-config switch-profile`.
pub(super) fn switch_profiles(switch: &Switch) -> Outcome {
    let head = format!("\n!Command: show running-config switch-profile\n\nversion {}\n", switch.profile.version);
    let profile = switch.owners.switch_profile.as_ref();
    Outcome::text(profile.map_or(head.clone(), |name| format!("{head}switch-profile {name}\n")))
}
