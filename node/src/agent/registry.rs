//! Starts an actor for each agent who signs in here, tells all of them of the team, buries them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use ractor::{
    Actor, ActorCell, ActorProcessingErr, ActorRef, RpcReplyPort, SpawnErr, SupervisionEvent,
};
use salotto_protocol::{AgentId, AgentPresence, ClientFrame, CloseCode, Cursor, ServerFrame};
use tokio::sync::watch;

use super::actor::{self, AgentActor};
use super::handle::Parts;
use crate::fanout::{Outbox, SocketId, encode};
use crate::metrics;
use crate::presence::Roster;

/// The team's lines change with every assignment: told at most so often.
const TEAM_TOLD_EVERY: Duration = Duration::from_millis(250);

pub(super) struct Arrival {
    pub(super) agent: AgentId,
    pub(super) outbox: Outbox,
    pub(super) cursors: Vec<Cursor>,
}

pub(super) enum Msg {
    Join(Arrival),
    Leave(AgentId, SocketId),
    SignedOut(AgentId),
    Frame {
        agent: AgentId,
        outbox: Outbox,
        frame: ClientFrame,
        exempt: bool,
        reply: RpcReplyPort<()>,
    },
    Team(Arc<Roster>),
}

pub(super) async fn start(parts: Parts, supervisor: ActorCell) -> Result<ActorRef<Msg>, SpawnErr> {
    let roster = parts.presence.roster();
    let (actor, _) = Actor::spawn_linked(None, Registry { parts }, (), supervisor).await?;
    tokio::spawn(follow_team(roster, actor.clone()));
    Ok(actor)
}

/// Latest value wins: changes during the pause are told as one.
async fn follow_team(mut roster: watch::Receiver<Arc<Roster>>, registry: ActorRef<Msg>) {
    while roster.changed().await.is_ok() {
        let team = roster.borrow_and_update().clone();
        if registry.cast(Msg::Team(team)).is_err() {
            return;
        }
        tokio::time::sleep(TEAM_TOLD_EVERY).await;
    }
}

struct Registry {
    parts: Parts,
}

#[derive(Default)]
struct State {
    agents: HashMap<AgentId, Line>,
    /// As the agents were last told.
    team: HashMap<AgentId, AgentPresence>,
}

struct Line {
    actor: ActorRef<actor::Msg>,
    sockets: Vec<Outbox>,
}

impl Actor for Registry {
    type Msg = Msg;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Msg>, (): ()) -> Result<State, ActorProcessingErr> {
        let roster = self.parts.presence.roster();
        let team = lines(&roster.borrow());
        Ok(State { agents: HashMap::new(), team })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Join(arrival) => self.join(&myself, state, arrival).await?,
            Msg::Leave(agent, socket) => self.leave(state, agent, socket),
            Msg::SignedOut(agent) => signed_out(state, agent),
            Msg::Frame { agent, outbox, frame, exempt, reply } => {
                if let Some(line) = state.agents.get(&agent) {
                    let message = actor::Msg::Frame { outbox, frame, exempt, reply };
                    let _ = line.actor.cast(message);
                }
            }
            Msg::Team(roster) => tell_team(state, &roster),
        }
        Ok(())
    }

    /// An agent's actor that fails takes only its own sockets down: they come back and resume.
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Msg>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorTerminated(..) => {}
            SupervisionEvent::ActorFailed(ended, error) => {
                tracing::error!(error, "an agent's actor failed");
                metrics::actor_failed("agent");
                self.bury(state, &ended);
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        metrics::actors_alive("agent", state.agents.len());
        Ok(())
    }
}

impl Registry {
    async fn join(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        arrival: Arrival,
    ) -> Result<(), SpawnErr> {
        let Arrival { agent, outbox, cursors } = arrival;
        let line = match state.agents.entry(agent) {
            Entry::Occupied(line) => line.into_mut(),
            Entry::Vacant(place) => {
                let actor = AgentActor { id: agent, parts: self.parts.clone() };
                let (actor, _) = myself.spawn_linked(None, actor, ()).await?;
                metrics::actor_started("agent");
                place.insert(Line { actor, sockets: Vec::new() })
            }
        };
        let known = line.sockets.iter().any(|it| it.id() == outbox.id());
        if !known {
            line.sockets.push(outbox.clone());
            self.parts.presence.came(agent);
        }
        if is_deactivated(&self.parts.presence.roster().borrow(), agent) {
            outbox.close(CloseCode::Unauthenticated, "signed out");
        }
        let agents = state.team.values().cloned().collect();
        let team = ServerFrame::Agents { agents, whole: true, gone: Vec::new() };
        outbox.push(&encode(&team), None);
        let _ = line.actor.cast(actor::Msg::Join(outbox, cursors));
        Ok(())
    }

    fn leave(&self, state: &mut State, agent: AgentId, socket: SocketId) {
        let Some(line) = state.agents.get_mut(&agent) else { return };
        let before = line.sockets.len();
        line.sockets.retain(|outbox| outbox.id() != socket);
        if line.sockets.len() == before {
            return;
        }
        self.parts.presence.left(agent);
        let _ = line.actor.cast(actor::Msg::Leave(socket));
        if line.sockets.is_empty() {
            // The handle goes first: every message goes through here, so none can follow.
            let line = state.agents.remove(&agent).expect("it was just seen");
            let _ = line.actor.drain();
            metrics::actor_stopped("agent", "idle");
        }
    }

    fn bury(&self, state: &mut State, ended: &ActorCell) {
        state.agents.retain(|agent, line| {
            let keep = line.actor.get_id() != ended.get_id();
            if !keep {
                for outbox in &line.sockets {
                    self.parts.boards.unwatch(outbox.id());
                    self.parts.presence.left(*agent);
                    outbox.close(CloseCode::InternalError, "please come back");
                }
            }
            keep
        });
    }
}

/// Each socket's end takes it out.
fn signed_out(state: &State, agent: AgentId) {
    for outbox in state.agents.get(&agent).iter().flat_map(|line| &line.sockets) {
        outbox.close(CloseCode::Unauthenticated, "signed out");
    }
}

/// Sends every agent the lines that changed, and who has left. Who was deactivated, on whatever
/// node, has to go.
fn tell_team(state: &mut State, roster: &Roster) {
    for id in state.agents.keys().filter(|id| is_deactivated(roster, **id)) {
        signed_out(state, *id);
    }
    let now = lines(roster);
    let changed = now.values().filter(|line| state.team.get(&line.id) != Some(*line));
    let agents: Vec<AgentPresence> = changed.cloned().collect();
    let is_gone = |id: &&AgentId| !now.contains_key(*id);
    let gone: Vec<AgentId> = state.team.keys().filter(is_gone).copied().collect();
    state.team = now;
    if agents.is_empty() && gone.is_empty() {
        return;
    }
    let frame = encode(&ServerFrame::Agents { agents, whole: false, gone });
    for line in state.agents.values() {
        for outbox in &line.sockets {
            outbox.push(&frame, None);
        }
    }
}

fn is_deactivated(roster: &Roster, agent: AgentId) -> bool {
    roster.get(&agent).is_some_and(|row| row.is_deactivated())
}

fn lines(roster: &Roster) -> HashMap<AgentId, AgentPresence> {
    let team = roster.values().filter(|row| !row.is_deactivated());
    team.map(|row| (row.id, row.presence())).collect()
}
