//! The way out to one Redis server: a queue, and a task that publishes what has queued.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, Value};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::queue::{Post, Queue};
use super::server::{Login, Telling, connect};
use super::trouble::Trouble;
use crate::link_url::Server;
use crate::metrics;

/// After a failure. What comes meanwhile is dropped: it would be late.
const PAUSE: Duration = Duration::from_millis(250);

/// Ends with its last handle.
pub(super) struct Lane {
    queue: Arc<Queue>,
    _task: JoinSet<()>,
}

/// What a lane suffers, and where.
pub(super) type Troubles = mpsc::Sender<(Server, Trouble)>;

impl Lane {
    /// Connects when there is something to publish.
    pub(super) fn start(server: Server, login: Login, telling: Telling, to: Troubles) -> Lane {
        let queue = Arc::new(Queue::default());
        let publisher = Publisher { server, login, telling, queue: queue.clone(), troubles: to };
        let mut task = JoinSet::new();
        task.spawn(publisher.run());
        Lane { queue, _task: task }
    }

    pub(super) fn post(&self, post: Post) {
        self.queue.push(post);
    }

    pub(super) fn probe(&self, probe: Post) {
        self.queue.push_first(probe);
    }
}

struct Publisher {
    server: Server,
    login: Login,
    telling: Telling,
    queue: Arc<Queue>,
    troubles: Troubles,
}

impl Publisher {
    async fn run(self) {
        loop {
            let trouble = match self.publish_all().await {
                Ok(never) => match never {},
                Err(trouble) => trouble,
            };
            // Whoever listens has many, or has ended: either way it knows.
            let _ = self.troubles.try_send((self.server.clone(), trouble));
            sleep(PAUSE).await;
            self.queue.clear();
        }
    }

    async fn publish_all(&self) -> Result<std::convert::Infallible, Trouble> {
        let first = self.queue.take().await;
        let mut connection = match connect(&self.server, &self.login).await {
            Ok(connection) => connection,
            Err(trouble) => {
                metrics::link_dropped_many("disconnected", first.len());
                return Err(trouble);
            }
        };
        self.publish(&mut connection, &first).await?;
        loop {
            let batch = self.queue.take().await;
            self.publish(&mut connection, &batch).await?;
        }
    }

    async fn publish(
        &self,
        connection: &mut MultiplexedConnection,
        batch: &[Post],
    ) -> Result<(), Trouble> {
        let mut pipeline = Pipeline::with_capacity(batch.len());
        for post in batch {
            pipeline.cmd(self.telling.publish()).arg(post.topic.channel()).arg(&post.bytes[..]);
        }
        let answers = connection.send_packed_commands(&pipeline, 0, batch.len()).await;
        let answers = answers.map_err(|error| {
            metrics::link_dropped_many("disconnected", batch.len());
            Trouble::at(&self.server, error)
        })?;
        let mut refusals = answers.iter().filter_map(|answer| match answer {
            Value::ServerError(error) => Some(error),
            _ => None,
        });
        match refusals.next() {
            None => Ok(()),
            Some(first) => {
                metrics::link_dropped_many("refused", 1 + refusals.count());
                Err(Trouble::refused(&self.server, first))
            }
        }
    }
}
