//! The time that a switch takes, as every way to reach it lets it pass.

use std::time::Duration;

use crate::lab::model::{LabTime, switch::Switch, world::SharedWorld};

/// Lets the time pass that `switch` takes, then acts on it; the observers see it begin and finish, and look when it
/// configures. None when there is no such switch.
pub(super) async fn take<R>(
    world: &SharedWorld,
    switch: &str,
    (takes, write): (Duration, bool),
    act: impl FnOnce(&mut Switch, LabTime) -> R,
) -> Option<R> {
    world.served(switch, write, true);
    if !takes.is_zero() {
        tokio::time::sleep(takes).await;
    }
    let result = if write {
        world.with(|world, now| world.switches.get_mut(switch).map(|switch| act(switch, now)))
    } else {
        world.serve(|world, now| world.switches.get_mut(switch).map(|switch| act(switch, now)))
    };
    world.served(switch, write, false);
    result
}
