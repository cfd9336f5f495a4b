//! Does to a cluster what a fault says, and puts it right again.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::verdict::Finding;
use super::{Cluster, Damage, Fault, Member, Place, Whom};
use crate::fault_proxy::{Conditions, Cut, FaultProxy, Way};
use crate::redis::Echo;

/// `drain.endpoint_delay_ms` and `drain.window_ms` of these clusters, and what a node may need
/// beside them to send everybody away and to flush its journal (L5).
const DRAIN_WITHIN: Duration = Duration::from_secs(10);
/// A node that does not start is a finding, not a test that hangs.
const READY_WITHIN: Duration = Duration::from_secs(40);
/// A frozen Redis never answers.
const REDIS_ANSWERS_WITHIN: Duration = Duration::from_secs(1);

impl Cluster {
    /// Lets it happen. `is_alone`: what the fault itself must keep to is judged as well.
    pub async fn begin(&mut self, fault: Fault, is_alone: bool) -> Vec<Finding> {
        match fault {
            Fault::Killed(whom) => self.kill(whom).await,
            Fault::Frozen(whom) => self.freeze(whom).await,
            Fault::Drained(whom) => return self.drain(whom, is_alone).await,
            Fault::RedisKilled => self.kill_redis().await,
            Fault::RedisFrozen => self.freeze_redis(),
            Fault::RedisFlushed => self.tell_redis(&["FLUSHALL"]).await,
            Fault::RedisRefuses => {
                self.tell_redis(&["ACL", "SETUSER", "default", "-publish"]).await
            }
            Fault::RedisThrowsOut => self.tell_redis(&["CLIENT", "KILL", "TYPE", "pubsub"]).await,
            Fault::HintsLost(whom) => self.lose_hints(whom).await,
            Fault::HintsRepeated => self.echo = Some(Echo::of(self.redis.port).await),
            Fault::Muffled(whom) => self.muffle(whom).await,
            Fault::Astray(whom) => self.lead_astray(whom).await,
            Fault::PostgresKilled => self.kill_postgres(),
            Fault::PostgresFrozen => self.freeze_postgres(),
            Fault::BackendsEnded => self.end_backends().await,
            Fault::Line(place, whom, damage) => self.damage(place, whom, damage).await,
        }
        Vec::new()
    }

    /// Everything runs, and every way is clear; nodes that do not get ready are findings.
    pub async fn heal(&mut self) -> Vec<Finding> {
        self.echo = None;
        if std::mem::take(&mut self.is_redis_frozen) {
            self.redis.thaw();
        }
        if !self.redis.is_running() {
            self.redis.start_again().await;
        }
        self.tell_redis(&["ACL", "SETUSER", "default", "+publish"]).await;
        if std::mem::take(&mut self.is_postgres_frozen) {
            self.postgres.thaw();
        }
        if !self.postgres.is_running() {
            self.postgres.start_again().await;
        }
        for member in &mut self.members {
            member.heal();
        }
        self.until_all_ready().await
    }

    pub async fn kill(&mut self, whom: Whom) {
        for at in self.nodes(whom).await {
            let member = &mut self.members[at];
            if member.node.is_running() {
                member.node.kill().await;
            }
            member.is_frozen = false;
        }
    }

    pub async fn freeze(&mut self, whom: Whom) {
        for at in self.nodes(whom).await {
            let member = &mut self.members[at];
            if member.node.is_running() {
                member.node.freeze();
                member.is_frozen = true;
            }
        }
    }

    pub async fn kill_redis(&mut self) {
        if self.redis.is_running() {
            self.is_redis_frozen = false;
            self.redis.kill().await;
        }
    }

    pub fn kill_postgres(&mut self) {
        if self.postgres.is_running() {
            self.is_postgres_frozen = false;
            self.postgres.kill();
        }
    }

    /// Which nodes that is, now.
    async fn nodes(&self, whom: Whom) -> Vec<usize> {
        match whom {
            Whom::Node(at) => vec![at % self.members.len()],
            // Between two routers it is whoever comes first.
            Whom::Router => vec![self.router().await.unwrap_or(0)],
            Whom::All => (0..self.members.len()).collect(),
        }
    }

    /// SIGTERM, the end, and a new start: one node after the other (L5).
    async fn drain(&mut self, whom: Whom, is_alone: bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        for at in self.nodes(whom).await {
            let member = &mut self.members[at];
            if !member.node.is_running() || member.is_frozen {
                continue;
            }
            let began = Instant::now();
            member.node.send_term();
            let code = member.node.exits_within(DRAIN_WITHIN).await.map(|status| status.code());
            if is_alone && code != Some(Some(0)) {
                let ms = began.elapsed().as_millis();
                findings.push(Finding::DrainedBadly { node: at, code: code.flatten(), ms });
            }
            if member.node.is_running() {
                member.node.kill().await;
            }
            if is_alone {
                findings.extend(self.until_ready(at).await);
            }
        }
        findings
    }

    fn freeze_redis(&mut self) {
        if self.redis.is_running() {
            self.redis.freeze();
            self.is_redis_frozen = true;
        }
    }

    fn freeze_postgres(&mut self) {
        if self.postgres.is_running() {
            self.postgres.freeze();
            self.is_postgres_frozen = true;
        }
    }

    async fn end_backends(&mut self) {
        if self.postgres.is_running() && !self.is_postgres_frozen {
            self.postgres.end_backends().await;
        }
    }

    async fn tell_redis(&self, command: &[&str]) {
        if self.redis.is_running() && !self.is_redis_frozen {
            // Whoever is thrown out or refused is no failure of the command.
            let _ = timeout(REDIS_ANSWERS_WITHIN, self.redis.try_ask(command)).await;
        }
    }

    async fn lose_hints(&mut self, whom: Whom) {
        for at in self.nodes(whom).await {
            self.members[at].muffler.lose_every(2);
        }
    }

    async fn muffle(&mut self, whom: Whom) {
        for at in self.nodes(whom).await {
            self.members[at].muffler.muffle();
        }
    }

    async fn lead_astray(&mut self, whom: Whom) {
        let elsewhere: SocketAddr = self.elsewhere.address().parse().expect("an address");
        for at in self.nodes(whom).await {
            let member = &mut self.members[at];
            member.link.lead_to(elsewhere);
            member.link.cut(Cut::Reset);
            member.is_astray = true;
        }
    }

    async fn damage(&mut self, place: Place, whom: Whom, damage: Damage) {
        for at in self.nodes(whom).await {
            let member = &self.members[at];
            match place {
                Place::Clients => spoil(&member.clients, damage),
                Place::Store => spoil(&member.store, damage),
                Place::Link => spoil(&member.link, damage),
            }
        }
    }

    async fn until_all_ready(&mut self) -> Vec<Finding> {
        for member in &mut self.members {
            if !member.node.is_running() {
                member.node.launch();
            }
        }
        let mut findings = Vec::new();
        for at in 0..self.members.len() {
            findings.extend(self.until_ready(at).await);
        }
        findings
    }

    /// Started as often as it takes: a node that misses its database at its start ends (F17).
    async fn until_ready(&mut self, at: usize) -> Option<Finding> {
        let node = &mut self.members[at].node;
        let getting_ready = async {
            loop {
                if !node.is_running() {
                    node.launch();
                }
                if node.is_ready_at_last().await {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let is_late = timeout(READY_WITHIN, getting_ready).await.is_err();
        is_late.then_some(Finding::NotReady { node: at })
    }
}

impl Member {
    fn heal(&mut self) {
        if std::mem::take(&mut self.is_frozen) && self.node.is_running() {
            self.node.thaw();
        }
        for proxy in [&self.clients, &self.store, &self.link] {
            proxy.heal();
        }
        self.muffler.unmuffle();
        if std::mem::take(&mut self.is_astray) {
            self.link.lead_to(self.muffler.address());
            self.link.cut(Cut::Reset);
        }
    }
}

fn spoil(proxy: &FaultProxy, damage: Damage) {
    match damage {
        Damage::Cut => proxy.cut(Cut::Reset),
        Damage::BlackHole => proxy.set(Conditions::BLACK_HOLE),
        Damage::Deaf => proxy.set(Conditions::DEAF),
        Damage::Mute => proxy.set(Conditions::MUTE),
        Damage::SlowMs(ms) => {
            let late = Duration::from_millis(ms);
            proxy.set(Conditions::both(Way::late(late, late)));
        }
    }
}
