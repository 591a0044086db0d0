//! What actors count, as metrics.

use std::time::Duration;

use vmtracker_core::net::{SwitchName, VcenterName};

use super::{switch::SwitchMeter, vcenter::VcenterMeter};
use crate::{clock, metrics};

/// Counts into the metrics of the process.
#[derive(Clone, Copy, Debug)]
pub struct Meter;

impl VcenterMeter for Meter {
    fn connected(&self, vcenter: &VcenterName, up: bool) {
        metrics::vcenter_up(vcenter, up);
    }

    fn events(&self, vcenter: &VcenterName, count: usize) {
        metrics::vcenter_events(vcenter, u64::try_from(count).unwrap_or(u64::MAX));
    }

    fn complete_read(&self, vcenter: &VcenterName) {
        metrics::vcenter_read(vcenter, clock::now());
    }

    fn traffic(&self, vcenter: &VcenterName, sent: u64, received: u64) {
        metrics::vcenter_bytes(vcenter, sent, received);
    }
}

impl SwitchMeter for Meter {
    fn traffic(&self, switch: &SwitchName, sent: u64, received: u64) {
        metrics::switch_bytes(switch, sent, received);
    }

    fn request(&self, switch: &SwitchName, operation: &'static str, result: &'static str, seconds: f64) {
        metrics::switch_request(switch, operation, result, Duration::from_secs_f64(seconds.max(0.0)));
    }

    fn connected(&self, switch: &SwitchName, up: bool) {
        metrics::switch_up(switch, up);
    }

    fn complete_read(&self, switch: &SwitchName) {
        metrics::switch_read(switch, clock::now());
    }
}
