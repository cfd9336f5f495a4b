//! Which server has a topic, and how that is found out: one server, what most sentinels say, or
//! the slots of a cluster.

use futures_util::future::join_all;
use redis::Value;
use salotto_protocol::NodeId;

use super::server::{Login, Telling, assure_master, connect};
use super::topic::{SLOTS, Topic};
use super::trouble::Trouble;
use crate::link_url::{RedisForm, RedisUrl, Server};

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Places {
    One(Server),
    Cluster(Vec<Shard>),
}

/// Some slots and the master that has them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Shard {
    first: u16,
    last: u16,
    master: Server,
}

impl Places {
    /// Asks the servers of the URL; of a cluster also those that were known before.
    pub(super) async fn find(url: &RedisUrl, known: &[Server]) -> Result<Places, Trouble> {
        let login = Login::of(url);
        match &url.form {
            RedisForm::Single => {
                let server = url.servers.first().expect("a URL names a server").clone();
                assure_master(&server, &login).await?;
                Ok(Places::One(server))
            }
            RedisForm::Sentinel { service } => {
                let server = elected_master(&url.servers, &login, service).await?;
                assure_master(&server, &login).await?;
                Ok(Places::One(server))
            }
            RedisForm::Cluster => {
                let mut trouble = Trouble::Unserved;
                for server in in_turn(known, &url.servers) {
                    match shards(&server, &login).await {
                        Ok(shards) => return Ok(Places::Cluster(shards)),
                        Err(found) => trouble = found,
                    }
                }
                Err(trouble)
            }
        }
    }

    pub(super) fn telling(&self) -> Telling {
        match self {
            Places::One(_) => Telling::Plain,
            Places::Cluster(_) => Telling::Sharded,
        }
    }

    pub(super) fn of(&self, topic: Topic) -> Option<&Server> {
        match self {
            Places::One(server) => Some(server),
            Places::Cluster(shards) => {
                let slot = topic.slot();
                let shard = shards.iter().find(|it| (it.first..=it.last).contains(&slot));
                shard.map(|shard| &shard.master)
            }
        }
    }

    /// The topics that a node hears, by the server that has them.
    pub(super) fn heard_by(&self, node: NodeId) -> Option<Vec<(Server, Vec<Topic>)>> {
        let (all, inbox) = (Topic::All, Topic::Inbox(node));
        let (has_all, has_inbox) = (self.of(all)?.clone(), self.of(inbox)?.clone());
        Some(if has_all == has_inbox {
            vec![(has_all, vec![all, inbox])]
        } else {
            vec![(has_all, vec![all]), (has_inbox, vec![inbox])]
        })
    }

    /// All masters, each once.
    pub(super) fn servers(&self) -> Vec<Server> {
        let mut servers = match self {
            Places::One(server) => vec![server.clone()],
            Places::Cluster(shards) => shards.iter().map(|it| it.master.clone()).collect(),
        };
        servers.sort();
        servers.dedup();
        servers
    }
}

/// Each once, beginning anywhere: one that was cut off may tell of masters that are gone.
fn in_turn(known: &[Server], seeds: &[Server]) -> Vec<Server> {
    let mut servers: Vec<Server> = known.iter().chain(seeds).cloned().collect();
    servers.sort();
    servers.dedup();
    let random = getrandom::u32().expect("the system has random numbers") as usize;
    let begin = random % servers.len();
    servers.rotate_left(begin);
    servers
}

/// Where most of the sentinels that answer see the master: one alone may have been cut off.
async fn elected_master(
    sentinels: &[Server],
    login: &Login,
    service: &str,
) -> Result<Server, Trouble> {
    let asked = sentinels.iter().map(|sentinel| master_by(sentinel, login, service));
    let mut said: Vec<Server> = join_all(asked).await.into_iter().flatten().collect();
    said.sort();
    let votes = said.chunk_by(|one, other| one == other);
    let elected = votes.max_by_key(|votes| votes.len()).and_then(|votes| votes.first());
    elected.cloned().ok_or_else(|| Trouble::NoMaster { service: service.to_owned() })
}

/// Sentinels may stand open, or want the same password as Redis.
async fn master_by(sentinel: &Server, login: &Login, service: &str) -> Option<Server> {
    let mut ask = redis::cmd("SENTINEL");
    ask.arg("get-master-addr-by-name").arg(service);
    for login in [&Login::none(), login] {
        let Ok(mut connection) = connect(sentinel, login).await else { continue };
        if let Ok(master) = ask.query_async::<Option<(String, u16)>>(&mut connection).await {
            return master.map(|(host, port)| Server { host, port });
        }
    }
    None
}

async fn shards(server: &Server, login: &Login) -> Result<Vec<Shard>, Trouble> {
    let mut connection = connect(server, login).await?;
    let mut ask = redis::cmd("CLUSTER");
    let answer: Result<Value, _> = ask.arg("SLOTS").query_async(&mut connection).await;
    let shards = read_shards(&answer.map_err(|error| Trouble::at(server, error))?, server);
    let served: u32 = shards.iter().map(|it| u32::from(it.last - it.first) + 1).sum();
    if served == u32::from(SLOTS) { Ok(shards) } else { Err(Trouble::Unserved) }
}

/// `[[first, last, [host, port, …], replicas …] …]`. A server that does not know its own host
/// leaves it out: it is the one that was asked.
fn read_shards(answer: &Value, asked: &Server) -> Vec<Shard> {
    let Value::Array(rows) = answer else { return Vec::new() };
    let shards = rows.iter().filter_map(|row| {
        let Value::Array(row) = row else { return None };
        let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = row.as_slice() else {
            return None;
        };
        let [host, Value::Int(port), ..] = master.as_slice() else { return None };
        let host = match host {
            Value::BulkString(host) if !host.is_empty() && host != b"?" => {
                String::from_utf8(host.clone()).ok()?
            }
            _ => asked.host.clone(),
        };
        let master = Server { host, port: u16::try_from(*port).ok()? };
        let (first, last) = (u16::try_from(*first).ok()?, u16::try_from(*last).ok()?);
        (first <= last && last < SLOTS).then_some(Shard { first, last, master })
    });
    shards.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, port: u16) -> Server {
        Server { host: host.to_owned(), port }
    }

    fn row(first: i64, last: i64, host: &[u8], port: i64) -> Value {
        let master = vec![Value::BulkString(host.to_vec()), Value::Int(port)];
        Value::Array(vec![Value::Int(first), Value::Int(last), Value::Array(master)])
    }

    #[test]
    fn slots_are_read_and_a_nameless_server_is_the_one_that_was_asked() {
        let answer = Value::Array(vec![row(0, 99, b"a", 7), row(100, 16_383, b"", 8)]);
        let shards = read_shards(&answer, &server("seed", 1));
        let places = Places::Cluster(shards);
        assert_eq!(places.servers(), [server("a", 7), server("seed", 8)]);
        let slot = Topic::All.slot();
        assert_eq!(places.of(Topic::All), Some(&server("seed", 8)), "slot {slot}");
    }

    #[test]
    fn what_is_no_answer_holds_no_slots() {
        for answer in [Value::Nil, Value::Int(3), Value::Array(vec![Value::Nil])] {
            assert!(read_shards(&answer, &server("seed", 1)).is_empty());
        }
        let backwards = Value::Array(vec![row(9, 3, b"a", 7), row(0, 99_999, b"a", 7)]);
        assert!(read_shards(&backwards, &server("seed", 1)).is_empty());
    }
}
