//! Errors of HTTP, connections that are cut, answers that are late, versions that are stale.

use super::{end, rig::Rig, running};

/// VMs that are off at first, and powered on while something fails.
const VMS: [&str; 8] = [
    "DC0_C0_RP0_VM0",
    "DC0_C0_RP0_VM1",
    "DC0_C0_RP0_VM2",
    "DC0_C0_RP0_VM3",
    "DC0_C0_RP0_VM6",
    "DC0_C0_RP0_VM7",
    "DC0_C1_RP0_VM0",
    "DC0_C1_RP0_VM1",
];

/// Powers some of these VMs off, and waits until that has gone through.
async fn off(rig: &mut Rig) {
    for vm in VMS {
        rig.operate("PowerOffVM_Task", vm, "").await;
    }
    rig.check("some VMs were powered off").await;
}

async fn on(rig: &Rig, vm: usize) {
    rig.operate("PowerOnVM_Task", VMS.get(vm).expect("such a VM"), "").await;
}

#[actix::test]
async fn errors_and_cut_connections_release_nothing_and_are_made_up_for() {
    let Some(mut rig) = running(&[]).await else { return };
    off(&mut rig).await;
    let before = rig.withdrawals();
    waits_that_fail_once(&mut rig).await;
    waits_that_fail_twice(&mut rig).await;
    logins_that_fail(&mut rig).await;
    assert_eq!(rig.withdrawals(), before, "nothing lapsed");
    rig.outlast("errors and cut connections").await;
    end(rig).await;
}

/// A version may be asked for once more (facts: vCenter §B3): the session goes on, and no change is missed.
async fn waits_that_fail_once(rig: &mut Rig) {
    let faults = ["/http-status?method=WaitForUpdatesEx&status=503", "/drop?method=WaitForUpdatesEx&n=1"];
    for (turn, fault) in faults.into_iter().enumerate() {
        rig.peer.control(fault).await;
        let waits = rig.peer.count("WaitForUpdatesEx").await;
        // It ends the wait that is under way; the next one fails.
        on(rig, 2 * turn).await;
        rig.called("WaitForUpdatesEx", waits + 1).await;
        on(rig, 2 * turn + 1).await;
        rig.check(fault).await;
    }
    assert_eq!(rig.peer.count("Login").await, 1, "the session went on");
}

async fn waits_that_fail_twice(rig: &mut Rig) {
    for (vm, logins) in [(4, 2), (5, 3)] {
        rig.peer.control("/drop?method=WaitForUpdatesEx&n=2").await;
        on(rig, vm).await;
        rig.called("Login", logins).await;
        rig.check("a wait was cut twice").await;
    }
}

/// On the way back nearly every step fails once, and every login is slow.
async fn logins_that_fail(rig: &mut Rig) {
    for fault in [
        "/drop?method=RetrieveServiceContent&n=1",
        "/http-status?method=Login&status=503",
        "/http-status?method=CreateFilter&status=503",
        "/delay?method=Login&d=2s",
        "/drop?method=WaitForUpdatesEx&n=2",
    ] {
        rig.peer.control(fault).await;
    }
    on(rig, 6).await;
    rig.called("Login", 6).await;
    on(rig, 7).await;
    rig.check("logins failed").await;
    assert!(rig.peer.other_sessions().await.len() <= 1, "a session was left behind");
    rig.peer.control("/delay?method=Login&d=0s").await;
}

/// The simulator sits on a wait for longer than the service gives it, and then carries it out for nobody: the version
/// that the service asks for again is stale by then, and all is listed anew.
#[actix::test]
async fn a_wait_that_is_answered_too_late_is_asked_again_and_a_stale_version_is_listed_anew() {
    let Some(mut rig) = running(&[]).await else { return };
    off(&mut rig).await;
    let before = rig.withdrawals();
    let waits = rig.peer.count("WaitForUpdatesEx").await;
    let hints = rig.peer.count("QueryNetworkHint").await;
    rig.peer.control("/delay?method=WaitForUpdatesEx&d=63s").await;
    on(&rig, 0).await;
    rig.check("the last wait that is answered").await;
    rig.called("WaitForUpdatesEx", waits + 1).await;
    rig.peer.control("/delay?method=WaitForUpdatesEx&d=8s").await;
    on(&rig, 1).await;
    rig.called("WaitForUpdatesEx", waits + 2).await;
    rig.peer.control("/delay?method=WaitForUpdatesEx&d=0s").await;
    rig.check("a wait was answered too late").await;
    on(&rig, 2).await;
    rig.check("a stale version").await;
    // Whoever lists anew asks every host again.
    rig.called("QueryNetworkHint", 2 * hints).await;
    assert_eq!(rig.peer.count("Login").await, 1, "the session went on");
    assert_eq!(rig.withdrawals(), before, "nothing lapsed");
    rig.outlast("a wait that was answered too late").await;
    end(rig).await;
}
