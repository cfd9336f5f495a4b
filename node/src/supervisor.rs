//! The root of a node's actors: a singleton that fails takes the node down with it.

/// For those who start a part and are no actor themselves.
pub(crate) use ractor::{ActorCell, SpawnErr};

use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::watch;

use crate::metrics;

struct Root {
    failed: watch::Sender<bool>,
}

/// Starts the root. The receiver turns true when an actor directly below it failed.
pub(crate) async fn root() -> Result<(ActorCell, watch::Receiver<bool>), SpawnErr> {
    let (failed, failure) = watch::channel(false);
    let (root, _) = Actor::spawn(None, Root { failed }, ()).await?;
    Ok((root.get_cell(), failure))
}

impl Actor for Root {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<()>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<()>,
        event: SupervisionEvent,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(_, error) => {
                tracing::error!(error, "a singleton actor failed: the node gives up");
                metrics::actor_failed("singleton");
                self.failed.send_replace(true);
            }
            SupervisionEvent::ActorTerminated(..)
            | SupervisionEvent::ActorStarted(_)
            | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}
