//! `show version` and `show hostname`.

use serde_json::{Value, json};

use super::{Outcome, Switch, merged, printed};
use crate::lab::model::{
    LabTime,
    switch::{Profile, VersionKeys},
};

const HEADER: &str = "Cisco Nexus Operating System (NX-OS) Software\n";

/// `show version`.
pub(super) fn version(switch: &Switch, now: LabTime) -> Outcome {
    if switch.faults.not_a_nexus {
        let text = "Example Appliance OS 4.2.1\nModel: EA-9000\n".to_owned();
        return printed(text, json!({ "header_str": "Example Appliance OS", "version": "4.2.1", "model": "EA-9000" }));
    }
    let (profile, seconds) = (&switch.profile, switch.uptime(now).as_secs());
    let body = json!({
        "header_str": HEADER,
        "bios_ver_str": "07.66",
        "bios_cmpl_time": "06/12/2019",
        "chassis_id": profile.chassis,
        "cpu_name": "Intel(R) Xeon(R) CPU  @ 1.80GHz",
        "memory": 24_632_252,
        "mem_type": "kB",
        "proc_board_id": switch.serial,
        "host_name": switch.hostname,
        "bootflash_size": 53_298_520,
        "kern_uptm_days": seconds / 86_400,
        "kern_uptm_hrs": seconds / 3600 % 24,
        "kern_uptm_mins": seconds / 60 % 60,
        "kern_uptm_secs": seconds % 60,
        "rr_reason": "Unknown",
        "rr_sys_ver": profile.version,
        "rr_service": "",
        "manufacturer": "Cisco Systems, Inc.",
        "TABLE_package_list": { "ROW_package_list": { "package_id": {} } },
    });
    printed(screen(switch, seconds), merged(body, images(profile)))
}

/// The version and its image, under the platform's keys (facts: NX-OS §2.14).
fn images(profile: &Profile) -> Value {
    let (version, image, built) = (profile.version, profile.image, " 7/20/2020 20:00:00");
    match profile.version_keys {
        VersionKeys::Nxos => {
            json!({ "nxos_ver_str": version, "nxos_file_name": image, "nxos_cmpl_time": built })
        }
        VersionKeys::Kickstart => {
            json!({ "kickstart_ver_str": version, "kick_file_name": image, "kick_cmpl_time": built })
        }
        VersionKeys::System => json!({
            "kickstart_ver_str": version,
            "kick_file_name": image,
            "kick_cmpl_time": built,
            "sys_ver_str": version,
            "isan_file_name": image,
            "isan_cmpl_time": built,
        }),
    }
}

/// The same on a terminal; an N9K says NXOS there whatever its keys are.
fn images_text(profile: &Profile) -> String {
    let (version, image) = (profile.version, profile.image);
    match profile.version_keys {
        VersionKeys::Nxos | VersionKeys::Kickstart => {
            format!("  NXOS: version {version}\n  NXOS image file is: {image}\n")
        }
        VersionKeys::System => format!(
            "  kickstart: version {version}\n  system:    version {version}\n  kickstart image file is: {image}\n  \
             system image file is:    {image}\n"
        ),
    }
}

fn screen(switch: &Switch, seconds: u64) -> String {
    let (profile, hostname, serial) = (&switch.profile, &switch.hostname, &switch.serial);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    format!(
        "{HEADER}\nSoftware\n  BIOS: version 07.66\n{}\nHardware\n  cisco {}\n  Processor Board ID {serial}\n  \
         Device name: {hostname}\n\nKernel uptime is {days} day(s), {hours} hour(s), {minutes} minute(s), {} \
         second(s)\n",
        images_text(profile),
        profile.chassis,
        seconds % 60
    )
}

/// `show hostname`.
pub(super) fn hostname(switch: &Switch) -> Outcome {
    printed(format!("{} \n", switch.hostname), json!({ "hostname": switch.hostname }))
}
