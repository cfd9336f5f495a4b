//! Which way out leads to a topic, as long as a session stands.

use std::collections::HashMap;
use std::sync::Arc;

use super::lane::{Lane, Troubles};
use super::places::Places;
use super::queue::Post;
use super::server::Login;
use crate::link_url::Server;
use crate::metrics;

pub(super) struct Routes {
    places: Places,
    lanes: HashMap<Server, Arc<Lane>>,
}

impl Routes {
    /// Lanes of servers that had one go on.
    pub(super) fn new(
        places: Places,
        login: &Login,
        troubles: &Troubles,
        before: Option<&Routes>,
    ) -> Routes {
        let lane = |server: Server| {
            let known = before.and_then(|it| it.lanes.get(&server)).cloned();
            let lane = known.unwrap_or_else(|| {
                let telling = places.telling();
                Arc::new(Lane::start(server.clone(), login.clone(), telling, troubles.clone()))
            });
            (server, lane)
        };
        let lanes = places.servers().into_iter().map(lane).collect();
        Routes { places, lanes }
    }

    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    pub(super) fn post(&self, post: Post) {
        match self.lane(&post) {
            Some(lane) => lane.post(post),
            None => metrics::link_dropped("disconnected"),
        }
    }

    pub(super) fn probe(&self, probe: Post) {
        if let Some(lane) = self.lane(&probe) {
            lane.probe(probe);
        }
    }

    fn lane(&self, post: &Post) -> Option<&Lane> {
        let server = self.places.of(post.topic)?;
        self.lanes.get(server).map(Arc::as_ref)
    }
}
