//! Connections to one Redis server, each attempt and each answer within a second.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, SendError};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, ProtocolVersion,
    RedisConnectionInfo, RedisError, Value,
};

use super::ear::Ear;
use super::topic::Topic;
use super::trouble::Trouble;
use crate::link_url::{RedisUrl, Server};

const CONNECT_WITHIN: Duration = Duration::from_secs(1);
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// How topics are told on this kind of Redis.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Telling {
    /// `PUBLISH` and `SUBSCRIBE`.
    Plain,
    /// `SPUBLISH` and `SSUBSCRIBE`, by the master of the topic's slot.
    Sharded,
}

impl Telling {
    pub(super) fn publish(self) -> &'static str {
        match self {
            Telling::Plain => "PUBLISH",
            Telling::Sharded => "SPUBLISH",
        }
    }

    fn subscribe(self) -> &'static str {
        match self {
            Telling::Plain => "SUBSCRIBE",
            Telling::Sharded => "SSUBSCRIBE",
        }
    }
}

/// What opens the door.
#[derive(Clone)]
pub(super) struct Login {
    user: Option<String>,
    password: Option<String>,
}

impl Login {
    pub(super) fn of(url: &RedisUrl) -> Login {
        Login { user: url.user.clone(), password: url.password.clone() }
    }

    pub(super) fn none() -> Login {
        Login { user: None, password: None }
    }
}

/// For commands.
pub(super) async fn connect(
    server: &Server,
    login: &Login,
) -> Result<MultiplexedConnection, Trouble> {
    open(server, login, config()).await.map_err(|error| Trouble::at(server, error))
}

/// For listening: stands for as long as the connection is kept; its end is told to the ear.
pub(super) async fn subscribe(
    server: &Server,
    login: &Login,
    (telling, topics): (Telling, &[Topic]),
    ear: Arc<Ear>,
) -> Result<MultiplexedConnection, Trouble> {
    let config = config().set_push_sender(move |push| {
        ear.take(&push);
        Ok::<(), SendError>(())
    });
    let subscribed = async {
        let mut connection = open(server, login, config).await?;
        // One topic a command: two of a cluster may be of two slots.
        for topic in topics {
            let mut command = redis::cmd(telling.subscribe());
            command.arg(topic.channel()).exec_async(&mut connection).await?;
        }
        Ok(connection)
    };
    subscribed.await.map_err(|error| Trouble::at(server, error))
}

/// A replica takes what is published and passes it to nobody.
pub(super) async fn assure_master(server: &Server, login: &Login) -> Result<(), Trouble> {
    let mut connection = connect(server, login).await?;
    let role: Result<Value, RedisError> = redis::cmd("ROLE").query_async(&mut connection).await;
    match role {
        Ok(Value::Array(role)) => match role.first() {
            Some(Value::BulkString(name)) if name != b"master" => {
                Err(Trouble::NotMaster { server: server.clone() })
            }
            _ => Ok(()),
        },
        Ok(_) => Ok(()),
        // An account may be allowed to publish and not to ask this.
        Err(error) if error.code() == Some("NOPERM") => Ok(()),
        Err(error) => Err(Trouble::at(server, error)),
    }
}

fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_WITHIN))
        .set_response_timeout(Some(ANSWER_WITHIN))
}

async fn open(
    server: &Server,
    login: &Login,
    config: AsyncConnectionConfig,
) -> Result<MultiplexedConnection, RedisError> {
    let mut settings =
        RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
    if let Some(user) = &login.user {
        settings = settings.set_username(user);
    }
    if let Some(password) = &login.password {
        settings = settings.set_password(password);
    }
    let info = ConnectionAddr::Tcp(server.host.clone(), server.port)
        .into_connection_info()?
        .set_redis_settings(settings)
        .set_tcp_settings(TcpSettings::default().set_nodelay(true));
    Client::open(info)?.get_multiplexed_async_connection_with_config(&config).await
}
