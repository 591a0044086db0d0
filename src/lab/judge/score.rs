//! What a run amounts to, as the summary and its JSON give it.

use serde::Serialize;

/// Median and 99th percentile, in milliseconds; absent without a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quantiles {
    /// Half of the samples are not above it.
    pub p50: Option<f64>,
    /// 99 of 100 samples are not above it.
    pub p99: Option<f64>,
}

impl Quantiles {
    /// By nearest rank: every figure given is one that was measured.
    pub(super) fn of_micros(samples: &[u64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        let rank = |percent: usize| {
            let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(index).map(|micros| *micros as f64 / 1000.0)
        };
        Self { p50: rank(50), p99: rank(99) }
    }
}

/// How long before its arrival a VM's VLANs stood at the target, in milliseconds; negative: after it. Absent without a
/// sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Leads {
    /// The least margin of all.
    pub min: Option<f64>,
    /// 99 of 100 moves had more.
    pub p1: Option<f64>,
    /// Half of the moves had more.
    pub p50: Option<f64>,
    /// One of 100 moves had more.
    pub p99: Option<f64>,
    /// VMs that arrived and whose VLANs never stood, or do not yet.
    pub never: u64,
}

impl Leads {
    /// By nearest rank: every figure given is one that was measured.
    pub(super) fn of_micros(samples: &[i64], never: u64) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        let rank = |percent: usize| {
            let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(index).map(|micros| *micros as f64 / 1000.0)
        };
        Self { min: rank(0), p1: rank(1), p50: rank(50), p99: rank(99), never }
    }
}

/// Seconds in the dark, summed over VMs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DarkSeconds {
    /// After a vMotion, which vCenter announces, or without any change of the VM's own: the controller had its chance.
    pub planned: f64,
    /// After what nobody announces: power-on, creation, another port group, a restart by HA; until frames pass, or by a
    /// write that began before that was told.
    pub unplanned: f64,
}

/// Requests that the switches served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SwitchRequests {
    /// Without a configuration line.
    pub reads: u64,
    /// With one.
    pub writes: u64,
    /// What a controller with no reaction time of its own would have sent on the same timeline.
    pub writes_minimum: u64,
}

/// What the judge found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    /// vMotions that arrived.
    pub moves: u64,
    /// Of these, the ones whose target ports lacked a VLAN when they began.
    pub moves_needing_a_write: u64,
    /// Of these, the ones for which every VLAN stood on arrival.
    pub moves_ready_before_arrival: u64,
    /// By how much.
    pub ready_before_arrival_ms: Leads,
    /// Seconds in which the fabric would not pass a powered-on VM's frames, from its arrival on.
    pub dark_vm_seconds: DarkSeconds,
    /// Seconds × port-VLANs that the controller added and nobody needs.
    pub surplus_vlan_seconds: f64,
    /// From the event's bytes leaving the simulator to the last needed line standing.
    pub event_to_configured_ms: Quantiles,
    /// The same without the time in which that switch had a request of the controller's outstanding.
    pub controller_share_ms: Quantiles,
    /// Requests that the switches served.
    pub switch_requests: SwitchRequests,
    /// VLANs that came onto host ports' trunks.
    pub vlans_added: u64,
    /// VLANs that left them.
    pub vlans_withdrawn: u64,
}

impl Score {
    /// Whether the run proves anything: at least half of the moves needed a write.
    pub const fn is_meaningful(&self) -> bool {
        self.moves > 0 && self.moves_needing_a_write * 2 >= self.moves
    }

    /// Whether every VM that vCenter announced found its VLANs.
    pub fn is_clean(&self) -> bool {
        self.dark_vm_seconds.planned == 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_measured_values() {
        let check = |samples: &[u64], p50, p99| {
            assert_eq!(Quantiles::of_micros(samples), Quantiles { p50, p99 }, "{samples:?}");
        };
        check(&[], None, None);
        check(&[2000], Some(2.0), Some(2.0));
        check(&[3000, 1000], Some(1.0), Some(3.0));
        check(&(1..=100).map(|n| n * 1000).collect::<Vec<_>>(), Some(50.0), Some(99.0));
    }

    #[test]
    fn leads_are_measured_values_of_either_sign() {
        let check = |samples: &[i64], expected: [Option<f64>; 4]| {
            let leads = Leads::of_micros(samples, 0);
            assert_eq!([leads.min, leads.p1, leads.p50, leads.p99], expected, "{samples:?}");
        };
        check(&[], [None; 4]);
        check(&[2000, -1500], [Some(-1.5), Some(-1.5), Some(-1.5), Some(2.0)]);
        check(&(-50..150).map(|n| n * 1000).collect::<Vec<_>>(), [-50.0, -49.0, 49.0, 147.0].map(Some));
    }

    #[test]
    fn a_run_in_which_few_moves_needed_a_write_proves_nothing() {
        let check = |moves, needing, expected| {
            let score = Score { moves, moves_needing_a_write: needing, ..Score::default() };
            assert_eq!(score.is_meaningful(), expected, "{needing} of {moves}");
        };
        check(0, 0, false);
        check(10, 4, false);
        check(10, 5, true);
    }
}
