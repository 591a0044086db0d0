//! What a run of the lab ends with.

use comfy_table::{Table, TableStyle};
use serde::Serialize;

use super::{
    child::Usage,
    judge::{Leads, Quantiles, Score, State},
};

/// How the fields of the summary are meant, for `--help`.
pub const LEGEND: &str = "\
dark_vm_seconds counts seconds in which the fabric would not pass a powered-on VM's frames, from its arrival on.
  planned: after a vMotion, which vCenter announces, or with no change of the VM's own: it must be 0
  unplanned: after what nobody announces: power-on, creation, another port group, a restart by HA
vpcs_uneven counts vPCs that ended with other VLANs on one leg than on the other: it must be 0.
ready_before_arrival_ms: of moves that needed a write, how long before the VM's arrival its VLANs stood at the target;
  negative: after it; p1 is the margin that 99 of 100 moves exceeded
surplus_vlan_seconds counts port-VLANs that the controller added and nobody needs; each stays for the hold-down.
event_to_configured_ms: from the event's bytes leaving the simulator to the last needed line standing.
controller_share_ms: the same without the time in which that switch had a request of the controller's outstanding.
writes_minimum: what a controller with no reaction time of its own would have sent on the same timeline.";

/// The summary; as JSON, one object with these fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// VMs at the end.
    pub vms: usize,
    /// Hosts.
    pub hosts: usize,
    /// Switches.
    pub switches: usize,
    /// What the judge found.
    #[serde(flatten)]
    pub score: Score,
    /// vPCs that ended with other VLANs on one leg than on the other.
    pub vpcs_uneven: usize,
    /// What the controller used.
    pub controller: Usage,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No announced VM was dark, and most moves needed a write.
    Proved,
    /// No announced VM was dark, but too few moves needed a write to prove anything.
    Meaningless,
    /// VMs that were announced were dark.
    Dark,
    /// The legs of a vPC ended with different VLANs.
    Uneven,
}

impl Outcome {
    /// In one sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Proved => "no VM was dark after an announced move, and most moves needed a write",
            Self::Meaningless => "fewer than half of the moves needed a write: this run proves nothing",
            Self::Dark => "VMs were dark after announced moves",
            Self::Uneven => "a vPC ended with other VLANs on one leg than on the other",
        }
    }
}

impl Summary {
    /// How the run ended.
    pub fn outcome(&self) -> Outcome {
        match (self.score.is_clean(), self.vpcs_uneven == 0, self.score.is_meaningful()) {
            (false, _, _) => Outcome::Dark,
            (true, false, _) => Outcome::Uneven,
            (true, true, false) => Outcome::Meaningless,
            (true, true, true) => Outcome::Proved,
        }
    }

    /// As a table.
    pub fn table(&self) -> String {
        let mut rows = vec![row("vms", self.vms), row("hosts", self.hosts), row("switches", self.switches)];
        rows.extend(score_rows(&self.score));
        rows.push(row("vpcs_uneven", self.vpcs_uneven));
        rows.push(row("controller.cpu_seconds", format!("{:.2}", self.controller.cpu_seconds)));
        rows.push(row("controller.rss_bytes_max", self.controller.rss_bytes_max));
        render(rows)
    }
}

/// What is so in the middle of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Live {
    /// Seconds since the run began.
    pub seconds: u64,
    /// VMs now.
    pub vms: usize,
    /// Moves under way.
    pub in_flight: usize,
    /// What is so at this moment.
    pub state: State,
    /// The score so far.
    pub score: Score,
    /// What the controller used so far.
    pub controller: Usage,
}

impl Live {
    /// As a table.
    pub fn table(&self) -> String {
        let mut rows = vec![
            row("seconds", self.seconds),
            row("VMs", self.vms),
            row("moves under way", self.in_flight),
            row("dark VMs now", self.state.dark),
            row("port-VLANs needed", self.state.needed),
            row("not yet standing", self.state.unmet),
            row("surplus now", self.state.surplus),
        ];
        rows.extend(score_rows(&self.score));
        rows.push(row("controller", controller(&self.controller)));
        render(rows)
    }
}

type Row = [String; 2];

fn row(name: &str, value: impl ToString) -> Row {
    [name.to_owned(), value.to_string()]
}

fn score_rows(score: &Score) -> Vec<Row> {
    let requests = &score.switch_requests;
    vec![
        row("moves", score.moves),
        row("moves_needing_a_write", score.moves_needing_a_write),
        row("moves_ready_before_arrival", score.moves_ready_before_arrival),
        row("ready before arrival", share(score)),
        row("ready_before_arrival_ms min/p1/p50/p99", leads(&score.ready_before_arrival_ms)),
        row("dark_vm_seconds.planned", format!("{:.3}", score.dark_vm_seconds.planned)),
        row("dark_vm_seconds.unplanned", format!("{:.3}", score.dark_vm_seconds.unplanned)),
        row("surplus_vlan_seconds", format!("{:.1}", score.surplus_vlan_seconds)),
        row("event_to_configured_ms p50/p99", quantiles(&score.event_to_configured_ms)),
        row("controller_share_ms p50/p99", quantiles(&score.controller_share_ms)),
        row("switch_requests.reads", requests.reads),
        row("switch_requests.writes", requests.writes),
        row("switch_requests.writes_minimum", requests.writes_minimum),
        row("vlans_added", score.vlans_added),
        row("vlans_withdrawn", score.vlans_withdrawn),
    ]
}

fn quantiles(of: &Quantiles) -> String {
    format!("{} / {}", millis(of.p50), millis(of.p99))
}

fn leads(of: &Leads) -> String {
    let never = if of.never > 0 { format!(" ({} never)", of.never) } else { String::new() };
    format!("{} / {} / {} / {}{never}", millis(of.min), millis(of.p1), millis(of.p50), millis(of.p99))
}

fn millis(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"))
}

/// Of the moves that needed a write, those that were ready.
fn share(score: &Score) -> String {
    match score.moves_needing_a_write {
        0 => "-".to_owned(),
        needing => format!("{:.1} %", score.moves_ready_before_arrival as f64 * 100.0 / needing as f64),
    }
}

fn controller(usage: &Usage) -> String {
    format!("{:.2} s CPU, {:.1} MB", usage.cpu_seconds, usage.rss_bytes_max as f64 / 1e6)
}

fn render(rows: Vec<Row>) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).add_rows(rows);
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::judge::DarkSeconds;

    fn summary(moves: u64, needing: u64, planned: f64) -> Summary {
        let dark_vm_seconds = DarkSeconds { planned, unplanned: 3.0 };
        let score = Score { moves, moves_needing_a_write: needing, dark_vm_seconds, ..Score::default() };
        Summary { score, ..Summary::default() }
    }

    #[test]
    fn a_run_claims_no_more_than_it_showed() {
        let check = |summary: Summary, expected| assert_eq!(summary.outcome(), expected, "{summary:?}");
        check(summary(10, 8, 0.0), Outcome::Proved);
        check(summary(10, 4, 0.0), Outcome::Meaningless);
        check(summary(0, 0, 0.0), Outcome::Meaningless);
        check(summary(10, 8, 0.25), Outcome::Dark);
        check(Summary { vpcs_uneven: 1, ..summary(10, 8, 0.0) }, Outcome::Uneven);
    }

    #[test]
    fn the_json_is_one_object_with_the_promised_fields() {
        let json = serde_json::to_value(summary(10, 8, 0.0)).expect("JSON");
        let expected = [
            "/vms",
            "/hosts",
            "/switches",
            "/moves",
            "/moves_needing_a_write",
            "/moves_ready_before_arrival",
            "/ready_before_arrival_ms/min",
            "/ready_before_arrival_ms/p1",
            "/ready_before_arrival_ms/p50",
            "/ready_before_arrival_ms/p99",
            "/ready_before_arrival_ms/never",
            "/dark_vm_seconds/planned",
            "/dark_vm_seconds/unplanned",
            "/surplus_vlan_seconds",
            "/event_to_configured_ms/p50",
            "/event_to_configured_ms/p99",
            "/controller_share_ms/p50",
            "/controller_share_ms/p99",
            "/switch_requests/reads",
            "/switch_requests/writes",
            "/switch_requests/writes_minimum",
            "/vlans_added",
            "/vlans_withdrawn",
            "/vpcs_uneven",
            "/controller/cpu_seconds",
            "/controller/rss_bytes_max",
        ];
        for path in expected {
            assert!(json.pointer(path).is_some(), "{path} in {json}");
        }
        assert_eq!(json.as_object().map(serde_json::Map::len), Some(16));
    }
}
