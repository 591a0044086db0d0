//! What goes wrong with a switch, and that it looks the same from every way.

use std::time::Duration;

use vmtracker::lab::model::switch::BadReply;

use super::{Way, over_every_way, owned, passes, power_on, running, topology};
use crate::site::Site;

over_every_way!(
    a_refused_vlan_is_told_in_the_switchs_words_and_the_rest_is_added,
    a_write_whose_reply_is_lost_is_read_back_and_not_repeated,
    sessions_that_end_and_sessions_that_lack_are_got_over,
);

fn a_refused_vlan_is_told_in_the_switchs_words_and_the_rest_is_added(way: Way) {
    let mut site = Site::new(&topology());
    way.configure(&site);
    site.switch("leaf1", |switch, _| {
        switch.faults.refuse("allowed vlan add 40", "ERROR: the port is locked", u32::MAX);
        switch.faults.hide_error("allowed vlan add 50", "ERROR: VLAN 50 is in use", u32::MAX);
    });
    site.start();
    let told = [(40, "add 40: ERROR: the port is locked"), (50, "add 50: ERROR: VLAN 50 is in use")];
    for (vlan, words) in told {
        site.wait_finding(
            "refused",
            &format!("leaf1 Ethernet1/{vlan} VLAN {vlan}"),
            &[words, &format!("vm{vlan} (vm-")],
        );
    }
    site.wait_until("the others are on the air", |site| passes(site, "vm30") && passes(site, "vm60"));
    power_on(&site, "later");
    site.wait_until("one VM more is on the air", |site| passes(site, "later"));
    assert_eq!(site.findings().len(), told.len(), "{}", site.report());
    site.assert_log_is_clear(&[]);
    site.assert_nothing_lost();
}

/// What nobody answered is ours when the switch can prove it, and else somebody's, with a finding (design rule 10).
fn a_write_whose_reply_is_lost_is_read_back_and_not_repeated(way: Way) {
    let mut site = running(&topology(), way);
    // Long enough to be caught in the middle.
    site.switch("leaf1", |switch, _| switch.delays.write = Duration::from_secs(2));
    power_on(&site, "later");
    site.wait_until("a write is under way", Site::is_writing);
    site.switch("leaf1", |switch, _| switch.faults.bad_reply = Some((BadReply::HangUp, 1)));
    site.wait_until("VM later is on the air", |site| passes(site, "later"));
    assert_eq!(site.switch("leaf1", |switch, _| switch.faults.bad_reply), None, "its reply was lost");
    site.wait_right();
    site.wait_until("it is known whose it is", |site| {
        owned(site, 60, 70) + site.findings_on("unproved", "leaf1 Ethernet1/60").len() == 1
    });
    site.assert_no_line_twice();
    site.assert_nothing_lost();
}

fn sessions_that_end_and_sessions_that_lack_are_got_over(way: Way) {
    let mut site = running(&topology(), way);
    let logins = site.switch_logins("leaf1");
    site.switch("leaf1", |switch, _| {
        switch.drop_sessions();
        switch.faults.bad_reply = Some((BadReply::TooManySessions, 1));
    });
    power_on(&site, "later");
    site.wait_until("VM later is on the air", |site| passes(site, "later"));
    site.wait_right();
    let (counters, left) = site.switch("leaf1", |switch, _| (switch.counters(), switch.faults.bad_reply));
    assert!(counters.logins > logins && counters.turned_away == 1 && left.is_none(), "{counters:?}");
    assert_eq!(counters.wrong_passwords, 0);
    assert_eq!(site.logged("switch-lost"), 0, "{}", site.log());
    site.assert_no_line_twice();
    site.assert_nothing_lost();
}
