//! The end of a schedule: nothing fails any more, and within three seconds all have everything.

use std::time::Duration;

use super::step::{CLIENTS, Fate};
use super::{GapFiller, NODES};

/// How often a node considers whether it has missed something.
const ROUND: Duration = Duration::from_millis(250);
/// Three seconds (L1).
const ROUNDS_MAX: usize = 12;
/// Of one round; none needs nearly as many.
pub(super) const MOVES_MAX: usize = 2_000;

impl GapFiller {
    pub(super) fn heal_all(&mut self) -> Result<(), String> {
        if self.loses_at_last {
            self.link.clear();
        }
        for client in 0..CLIENTS {
            if self.clients[client].line().is_none() {
                self.connect(client, client % NODES);
            }
            if !self.clients[client].follows {
                self.attach(client);
            }
        }
        for _ in 0..ROUNDS_MAX {
            self.round()?;
            self.now += ROUND;
        }
        for (number, client) in self.clients.iter().enumerate() {
            client.assert_whole(&self.truth).map_err(|it| format!("client {number}: {it}"))?;
        }
        Ok(())
    }

    /// Everything under way comes to its end.
    fn round(&mut self) -> Result<(), String> {
        (0..NODES).for_each(|node| self.nodes[node].look(false, self.now));
        for _ in 0..MOVES_MAX {
            for node in 0..NODES {
                self.publish(node, Fate::Well);
                self.send(node, Fate::Well);
                self.nodes[node].take_notice(self.now);
                self.looked(node, Fate::Well);
                self.write_attachment(node, Fate::Well);
                self.nodes[node].read(&self.truth, 0, Fate::Well);
                self.nodes[node].retry(0);
            }
            self.hear(0, Fate::Well);
            self.pass_on()?;
            for client in 0..CLIENTS {
                self.receive(client, 1)?;
                self.page(client)?;
                if self.clients[client].wants_attach {
                    self.attach(client);
                }
            }
            if self.is_quiet() {
                return Ok(());
            }
        }
        Err("it does not come to rest".to_owned())
    }

    fn is_quiet(&self) -> bool {
        let nothing_arrives = |client: &super::Client| {
            client.arriving.is_empty() && !client.wants_attach && !client.is_paging()
        };
        self.link.is_empty()
            && self.nodes.iter().all(super::Node::is_quiet)
            && self.clients.iter().all(nothing_arrives)
    }
}
