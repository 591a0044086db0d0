//! Sessions that end, whoever ends them: nothing is released, nothing is lost, and no session is left behind.

use super::{end, findings, rig::Rig, running};

#[actix::test]
async fn a_session_that_idles_out_every_few_seconds_is_opened_anew_each_time() {
    let Some(mut rig) = running(&["-idle", "3s"]).await else { return };
    let before = rig.withdrawals();
    rig.called("Login", 4).await;
    assert_eq!(rig.withdrawals(), before, "nothing lapses with a session");
    rig.outlast("sessions idled out").await;
    let left = rig.peer.other_sessions().await;
    assert!(left.len() <= 1, "sessions were left behind: {left:?}");
    end(rig).await;
}

#[actix::test]
async fn a_session_that_an_administrator_ends_is_followed_by_one_other() {
    let Some(mut rig) = running(&[]).await else { return };
    for logins in 2..4 {
        rig.operate("PowerOffVM_Task", "DC0_C0_RP0_VM2", "").await;
        rig.check("a power-off").await;
        let before = rig.withdrawals();
        terminate(&rig).await;
        rig.operate("PowerOnVM_Task", "DC0_C0_RP0_VM2", "").await;
        rig.called("Login", logins).await;
        rig.check("a session was ended").await;
        assert_eq!(rig.withdrawals(), before, "nothing lapses with a session");
    }
    rig.outlast("sessions were ended").await;
    assert_eq!(rig.peer.count("Login").await, 3);
    assert_eq!(rig.peer.other_sessions().await.len(), 1);
    let found = findings(&rig).await;
    assert!(found.iter().all(|finding| finding.kind != "vcenter-lost"), "{found:?}");
    end(rig).await;
}

/// Ends every session but the test's own.
async fn terminate(rig: &Rig) {
    for session in rig.peer.other_sessions().await {
        let which = format!("<sessionId>{session}</sessionId>");
        rig.peer.call("TerminateSession", ("SessionManager", "SessionManager"), &which).await;
    }
}
