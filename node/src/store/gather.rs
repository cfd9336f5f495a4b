//! Reads of single things that are asked for at the same time go to the database together: a
//! thousand visitors who come back at once cost it some dozens of questions. Nobody waits for
//! company: what is asked while a read runs goes with the next one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::StoreError;
use super::connection::Reads;
use super::dialect::ROWS_MAX;

/// Reads under way at the same time, of each kind.
const READERS_MAX: usize = 2;

/// A kind of question with its answers.
pub(super) trait Question: Send + Sync + 'static {
    type Key: Copy + Eq + Hash + Send;
    type Answer: Clone + Send;

    /// Whatever there is of these; at most `ROWS_MAX`, each once.
    fn read(
        reads: &Reads,
        keys: &[Self::Key],
    ) -> impl Future<Output = Result<HashMap<Self::Key, Self::Answer>, StoreError>> + Send;
}

/// Whoever asks now, and who reads.
pub(super) struct Gather<Q: Question>(Mutex<Waiting<Q>>);

struct Waiting<Q: Question> {
    asked: Vec<Asked<Q>>,
    readers: usize,
}

struct Asked<Q: Question> {
    key: Q::Key,
    tell: oneshot::Sender<Option<Q::Answer>>,
}

impl<Q: Question> Default for Gather<Q> {
    fn default() -> Gather<Q> {
        Gather(Mutex::new(Waiting { asked: Vec::new(), readers: 0 }))
    }
}

impl<Q: Question> Gather<Q> {
    /// As it is at some moment after the call. If the read for several failed, it is asked again
    /// for this one alone, and its error is ours.
    pub(super) async fn get(
        self: &Arc<Self>,
        reads: &Reads,
        key: Q::Key,
    ) -> Result<Option<Q::Answer>, StoreError> {
        let (tell, answer) = oneshot::channel();
        if self.ask(Asked { key, tell }) {
            // Not in the caller's own time: others depend on it, and a caller may go away.
            tokio::spawn(Arc::clone(self).answer_all(reads.clone()));
        }
        match answer.await {
            Ok(answer) => Ok(answer),
            Err(_) => Ok(Q::read(reads, &[key]).await?.remove(&key)),
        }
    }

    /// Whether another reader is wanted.
    fn ask(&self, asked: Asked<Q>) -> bool {
        let mut waiting = self.waiting();
        waiting.asked.push(asked);
        let is_wanted = waiting.readers < READERS_MAX;
        waiting.readers += usize::from(is_wanted);
        is_wanted
    }

    async fn answer_all(self: Arc<Self>, reads: Reads) {
        while let Some(asked) = self.next_batch() {
            let mut keys: Vec<Q::Key> = Vec::with_capacity(asked.len());
            let mut places = HashMap::with_capacity(asked.len());
            for Asked { key, .. } in &asked {
                places.entry(*key).or_insert_with(|| keys.push(*key));
            }
            match Q::read(&reads, &keys).await {
                Ok(answers) => {
                    for Asked { key, tell } in asked {
                        let _ = tell.send(answers.get(&key).cloned());
                    }
                }
                Err(error) => tracing::debug!(%error, "a read for several failed"),
            }
        }
    }

    /// `None`: nobody asks, and the reader ends.
    fn next_batch(&self) -> Option<Vec<Asked<Q>>> {
        let mut waiting = self.waiting();
        if waiting.asked.is_empty() {
            waiting.readers -= 1;
            return None;
        }
        let size = waiting.asked.len().min(ROWS_MAX);
        Some(waiting.asked.drain(..size).collect())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<Q>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::JoinSet;

    use super::*;
    use crate::store::tests::desk;

    static READ: AtomicUsize = AtomicUsize::new(0);
    const UNKNOWN: u32 = 1_000_000;
    const POISON: u32 = 2_000_000;

    struct Doubled;

    impl Question for Doubled {
        type Key = u32;
        type Answer = u32;

        async fn read(_: &Reads, keys: &[u32]) -> Result<HashMap<u32, u32>, StoreError> {
            READ.fetch_add(1, Ordering::SeqCst);
            assert!(keys.len() <= ROWS_MAX);
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            if keys.contains(&POISON) {
                return Err(StoreError::Undecodable("poison".to_owned()));
            }
            let known = keys.iter().filter(|key| **key < UNKNOWN);
            Ok(known.map(|key| (*key, key * 2)).collect())
        }
    }

    #[tokio::test]
    async fn everybody_gets_their_own_answer_and_few_questions_are_asked() {
        let desk = desk().await;
        let gather = Arc::new(Gather::<Doubled>::default());
        let mut asking = JoinSet::new();
        for n in 0..1_000_u32 {
            let (gather, reads) = (gather.clone(), desk.store.reads().clone());
            let key = if n == 7 { UNKNOWN } else { n % 500 };
            asking.spawn(async move { (key, gather.get(&reads, key).await.unwrap()) });
        }

        for (key, answer) in asking.join_all().await {
            assert_eq!(answer, (key < UNKNOWN).then_some(key * 2), "{key}");
        }
        assert!(READ.load(Ordering::SeqCst) < 20, "{READ:?}");

        // One failure is not everybody's.
        let reads = desk.store.reads();
        let (bad, good) = tokio::join!(gather.get(reads, POISON), gather.get(reads, 21));
        assert!(bad.is_err());
        assert_eq!(good.unwrap(), Some(42));
        assert_eq!(gather.waiting().readers, 0);
    }
}
