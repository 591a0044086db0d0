//! The lab's servers on a thread of their own.

use std::{
    sync::{Arc, Mutex, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{sync::oneshot, time::interval};
use vmtracker::lab::{
    model::world::SharedWorld,
    settings::Devices,
    site::{Servers, Site as Lab},
};

/// How often the load acts and VMs speak.
const TICK: Duration = Duration::from_millis(20);

/// Serves until it is dropped.
pub(super) struct Serving {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    /// Starts the servers; says where they are.
    pub(super) fn start(lab: Arc<Mutex<Lab>>, world: SharedWorld) -> (Self, Devices) {
        let (stop, stopped) = oneshot::channel();
        let (ready, devices) = mpsc::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let servers = Servers::start(&world).await.expect("serves");
                ready.send(servers.devices()).expect("the test listens");
                tokio::select! {
                    _ = stopped => {}
                    () = live(&lab) => {}
                }
                servers.stop().await;
            });
        });
        let devices = devices.recv().expect("the servers are up");
        (Self { stop: Some(stop), thread: Some(thread) }, devices)
    }
}

async fn live(lab: &Mutex<Lab>) {
    let mut tick = interval(TICK);
    loop {
        tick.tick().await;
        let mut lab = lab.lock().expect("lock");
        lab.act();
        lab.speak();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // The thread may have ended with a panic, which the test shows already.
        self.stop.take().map(|stop| stop.send(()));
        self.thread.take().map(JoinHandle::join);
    }
}
