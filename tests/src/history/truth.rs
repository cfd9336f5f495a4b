//! The store at the end of a test: every conversation's log and standing, over REST.

use std::collections::{BTreeSet, HashMap};

use salotto_protocol::{AgentId, ConversationId, ConversationState, Epoch, VisitorId};

use super::{History, What};
use crate::checker::Ledger;
use crate::desk::SignedIn;
use crate::node::Node;

pub struct Truth {
    pub ledger: Ledger,
    /// Epochs that the store had before, during the test: it was restored from a backup. What was
    /// said in them may be gone.
    pub former: Vec<Epoch>,
    pub standings: HashMap<ConversationId, Standing>,
    /// How many conversations an agent may get automatically; not of agents whose capacity was
    /// changed during the test.
    pub capacities: HashMap<AgentId, u32>,
}

/// What a conversation's row says, beside its log.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub visitor: Option<VisitorId>,
    pub state: ConversationState,
    pub assignee: Option<AgentId>,
}

impl Truth {
    /// Of all conversations that a history names. One that is not there has no log.
    pub async fn read(node: &Node, history: &History) -> Truth {
        let reader = SignedIn::as_demo_agent(node).await;
        let (mut logs, mut standings) = (HashMap::new(), HashMap::new());
        let mut epoch = None;
        for conversation in conversations(history) {
            let Some(summary) = reader.try_conversation(node, conversation).await else { continue };
            let (visitor, assignee) = (summary.visitor, summary.assignee);
            standings.insert(conversation, Standing { visitor, state: summary.state, assignee });
            let (of, log) = reader.log_and_epoch(node, conversation).await;
            logs.insert(conversation, log);
            epoch = Some(of);
        }
        let ledger = Ledger { epoch: epoch.unwrap_or_else(Epoch::fresh), logs };
        Truth { ledger, former: Vec::new(), standings, capacities: HashMap::new() }
    }

    pub fn with_capacity(mut self, agents: impl IntoIterator<Item = AgentId>, each: u32) -> Truth {
        self.capacities.extend(agents.into_iter().map(|agent| (agent, each)));
        self
    }
}

fn conversations(history: &History) -> BTreeSet<ConversationId> {
    let named = history.events.iter().filter_map(|event| match &event.what {
        What::Attached { conversation, .. }
        | What::Head { conversation, .. }
        | What::Reset { conversation, .. }
        | What::Took { conversation, .. }
        | What::Acked { conversation, .. } => Some(*conversation),
        What::Sent { conversation, .. } => *conversation,
        What::Welcomed { .. } | What::Lost | What::Left | What::Refused { .. } => None,
    });
    named.collect()
}
