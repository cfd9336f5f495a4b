//! Answers by e-mail: who may set when they are offered, and what goes out (BY-15).

use salotto_protocol::people::Permission;
use salotto_protocol::promise::Patience;
use salotto_protocol::{AgentId, ChatflowId, ConversationId, Seq};

use super::change::Notice;
use super::people::Complaint;
use crate::store::{Batch, NewMail, StoreError};

#[derive(Clone, Debug)]
pub(crate) enum PromiseChange {
    /// The rest of the chatflow's settings stays.
    Patience { by: AgentId, chatflow: ChatflowId, patience: Patience },
    /// Answers that the visitor has, or that go out with this letter: if all are still to be
    /// mailed.
    Mailed { conversation: ConversationId, seqs: Vec<Seq>, mail: Option<NewMail> },
}

type Done = Result<(bool, Notice), Complaint>;

pub(super) async fn change(
    batch: &mut Batch<'_>,
    change: PromiseChange,
) -> Result<Done, StoreError> {
    match change {
        PromiseChange::Patience { by, chatflow, patience } => {
            let rows = batch.lock_agents(&[by]).await?;
            if !rows.iter().any(|row| row.id == by && row.may(Permission::Chatflows)) {
                let needs = "changing chatflows needs the permission";
                return Ok(Err(Complaint::Forbidden(needs)));
            }
            let is_new = batch.put_chatflow_part(chatflow, "patience", &patience).await?;
            Ok(Ok((is_new, Notice::Settings)))
        }
        PromiseChange::Mailed { conversation, seqs, mail } => {
            let gone = batch.delete_answers(conversation, &seqs).await?;
            if gone != seqs.len() as u64 {
                return Ok(Err(Complaint::NotFound));
            }
            batch.insert_mails(mail.as_slice()).await?;
            Ok(Ok((true, Notice::Nobody)))
        }
    }
}
