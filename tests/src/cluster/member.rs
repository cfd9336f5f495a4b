//! One node of a cluster, and the fault proxies on its three ways: from clients, to the store, to
//! Redis.

use std::net::SocketAddr;

use super::{SETTINGS, Shape};
use crate::fault_proxy::FaultProxy;
use crate::node::Node;
use crate::redis::Muffler;

pub struct Member {
    pub node: Node,
    pub clients: FaultProxy,
    pub store: FaultProxy,
    pub link: FaultProxy,
    /// Behind `link`: keeps from subscribers what Redis says to them.
    pub muffler: Muffler,
    pub(super) is_frozen: bool,
    pub(super) is_astray: bool,
}

impl Member {
    /// Everything but the process.
    pub(super) async fn prepare(store_url: &str, muffler: Muffler, shape: &Shape) -> Member {
        let store = FaultProxy::before(address_in(store_url)).await;
        let link = FaultProxy::before(muffler.address()).await;
        let store_url =
            store_url.replace(&address_in(store_url).to_string(), &store.address().to_string());
        let link_url = format!("redis://{}", link.address());
        let mut settings = vec![("STORE__URL", store_url.as_str()), ("LINK__URL", &link_url)];
        settings.extend(SETTINGS);
        settings.extend(shape.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let mut node = Node::prepare(&settings);
        if let Some(program) = &shape.program {
            node.set_program(program);
        }
        for (name, value) in &shape.variables {
            node.set_variable(name, Some(value));
        }
        let clients = FaultProxy::before(node.public).await;
        Member { node, clients, store, link, muffler, is_frozen: false, is_astray: false }
    }
}

/// `postgres://USER@ADDRESS/DATABASE`
fn address_in(url: &str) -> SocketAddr {
    let (_, rest) = url.split_once('@').expect("a user");
    let (address, _) = rest.split_once('/').expect("a database");
    address.parse().expect("an address and a port")
}
