//! Conversations that may be taken out of the queue: who has waited longer (REG-14).

use std::collections::BTreeSet;

use salotto_protocol::{ConversationId, ConversationState};

use super::state::{Tracked, Work};
use super::write::Target;
use crate::store::{Batch, Head, StoreError};

/// Who has waited longer than those that may be picked; nothing is asked of others.
pub(super) async fn look_before(
    batch: &mut Batch<'_>,
    picked: &BTreeSet<ConversationId>,
    work: &mut Work,
) -> Result<(), StoreError> {
    for id in picked {
        let Some(Tracked { head, .. }) = work.heads.get(id) else { continue };
        if head.state == ConversationState::Waiting {
            let longer = batch.waited_longer(head).await?;
            work.waited_longer.insert(*id, longer);
        }
    }
    Ok(())
}

impl Work {
    /// Who had waited longer and still does: others of this batch may have been taken already.
    pub(super) fn waited_longer(&self, target: &Target, head: &Head) -> u32 {
        match target {
            Target::Picked(_) if head.state == ConversationState::Waiting => {}
            Target::Picked(_) | Target::Conversation(_) | Target::Start(_) => return 0,
        }
        let waits = |id: &&ConversationId| {
            let tracked = self.heads.get(id);
            tracked.is_none_or(|it| it.head.state == ConversationState::Waiting)
        };
        let longer = self.waited_longer.get(&head.id).into_iter().flatten().filter(waits).count();
        u32::try_from(longer).expect("a thousand at most")
    }
}
