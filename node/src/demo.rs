//! The demo: a shop site, one chatflow and two agents, put into a new database once.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use salotto_protocol::assignment::AssignmentSettings;
use salotto_protocol::chatflow::ChatflowSettings;
use salotto_protocol::{AgentId, ChatflowId, InboxId, ShowQueue};
use uuid::uuid;

use crate::config::Config;
use crate::gateway::{DEMO_SITE, GatewaySettings, hash_password, random_word};
use crate::journal::{Asked, Change, Changed, Journal, NewAccount, Request};
use crate::store::{AgentRow, Store, StoreError};

const AGENTS: [(&str, &str); 2] =
    [("Ada", "ada@demo.salotto.example"), ("Ben", "ben@demo.salotto.example")];
/// Fixed, so that nodes that start at the same moment make the same.
const AGENT_IDS: [AgentId; 2] = [
    AgentId(uuid!("019ac000-0000-7000-8000-0000000000ad")),
    AgentId(uuid!("019ac000-0000-7000-8000-0000000000be")),
];
const INBOX: InboxId = InboxId(uuid!("019ac000-0000-7000-8000-00000000d3b1"));
const CHATFLOW: ChatflowId = ChatflowId(uuid!("019ac000-0000-7000-8000-00000000d3b2"));
const CAPACITY: u32 = 5;
/// Beside the database: a second start has the same data and still knows the password.
const SIGN_IN_FILE: &str = "demo-sign-in.txt";
const PASSWORD_LINE: &str = "password: ";

/// What the start is to tell.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Seeded {
    /// No demo here.
    Off,
    /// The demo is in the store; the password, if it is still known.
    Demo { password: Option<String> },
}

/// Fills a database that has no agents yet. Anything else is left as it is.
pub(crate) async fn seed(
    config: &Config,
    store: &Store,
    journal: &Journal,
) -> Result<Seeded, StoreError> {
    if !config.demo_enabled {
        return Ok(Seeded::Off);
    }
    let file = sign_in_file(config);
    if !store.agents().await?.is_empty() {
        let password = known_password(&file);
        return Ok(Seeded::Demo { password });
    }
    let chosen = config.demo_password.as_ref().map(|it| it.expose().to_owned());
    let password = chosen.unwrap_or_else(random_word);
    // Written first: a crash in between leaves a file too many, not a password too few.
    if let Err(error) = keep_password(&file, &password) {
        tracing::warn!(%error, file = %file.display(), "the demo's sign-in could not be kept");
    }
    let added = add_agents(journal, &password).await?;
    add_shop(journal, origins(config.demo_address.unwrap_or(config.gateway.listen))).await?;
    match added {
        Changed::Done => Ok(Seeded::Demo { password: Some(password) }),
        // Another node was a moment faster: its password counts.
        Changed::Unchanged | Changed::Refused(_) => {
            let password = config.demo_password.as_ref().map(|it| it.expose().to_owned());
            Ok(Seeded::Demo { password })
        }
    }
}

/// A friendly block on stdout, for whoever has just typed `make run`.
pub(crate) fn announce(config: &Config, settings: &GatewaySettings, seeded: &Seeded) {
    let Seeded::Demo { password } = seeded else { return };
    let at = config.demo_address.unwrap_or(settings.listen);
    let text = announcement(at, config.admin_listen, password.as_deref());
    let mut out = io::stdout().lock();
    // A closed stdout is no reason not to serve.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn announcement(listen: SocketAddr, admin: SocketAddr, password: Option<&str>) -> String {
    let at = visible(listen);
    let agents = AGENTS.map(|(_, email)| email).join(" or ");
    let password = password.map_or_else(
        || "the one that you gave, or the one of the first start".to_owned(),
        str::to_owned,
    );
    format!(
        "\n  Salotto is running, with a demo (not for real visitors).\n\n  \
         Shop     http://{at}/\n  \
         Console  http://{at}/console/\n  \
         Sign in  {agents}\n  \
         Password {password}\n  \
         Metrics  http://{admin}/metrics\n\n"
    )
}

/// `Unchanged`: another node has added one of them.
async fn add_agents(journal: &Journal, password: &str) -> Result<Changed, StoreError> {
    let mut added = Changed::Done;
    for (id, (name, email)) in AGENT_IDS.into_iter().zip(AGENTS) {
        let row = AgentRow { capacity: CAPACITY, ..AgentRow::new(id, email, name) };
        let password_hash = hash_password(password).expect("argon2 with its own defaults");
        // Ada, who comes first.
        let new = NewAccount { row, password_hash, first_is_super_admin: true };
        let request = Request { by: None, asked: Asked::AddUser(new) };
        match journal.change(Change::People(request)).await? {
            Changed::Done => {}
            Changed::Unchanged | Changed::Refused(_) => added = Changed::Unchanged,
        }
    }
    Ok(added)
}

async fn add_shop(journal: &Journal, origins: Vec<String>) -> Result<(), StoreError> {
    let inbox = INBOX;
    let settings = ChatflowSettings {
        name: "Shop chat".to_owned(),
        heading: "Chat with our shop".to_owned(),
        accent_color: "#0b6e4f".to_owned(),
        welcome: "Hi! Got any questions? I'm happy to help.".to_owned(),
        away_message: "We are not here right now. Leave a message and we answer as soon as \
                       we are back."
            .to_owned(),
        wait_message: "Everybody is in a chat right now. Somebody will be with you soon."
            .to_owned(),
        assign: true,
        agents: AGENT_IDS.to_vec(),
        assignment: AssignmentSettings::default(),
        availability: Box::default(),
        show_queue: ShowQueue { position: true, expected_wait: true },
        patience: Box::default(),
    };
    let changes = [
        Change::PutSite { id: DEMO_SITE, name: "Demo shop".to_owned(), origins },
        Change::PutInbox { id: inbox, name: "Main".to_owned() },
        Change::PutChatflow {
            id: CHATFLOW,
            site: DEMO_SITE,
            inbox,
            enabled: true,
            priority: 1,
            settings,
        },
    ];
    for change in changes {
        journal.change(change).await?;
    }
    Ok(())
}

/// The names under which the own pages are called on this machine.
fn origins(listen: SocketAddr) -> Vec<String> {
    let port = listen.port();
    let mut origins = vec![format!("http://{}", visible(listen))];
    for name in ["127.0.0.1", "localhost"] {
        let origin = format!("http://{name}:{port}");
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    origins
}

/// An address that a browser can open: "all interfaces" is none.
fn visible(listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        SocketAddr::from(([127, 0, 0, 1], listen.port()))
    } else {
        listen
    }
}

fn sign_in_file(config: &Config) -> PathBuf {
    // Of a server's store, in the folder where the node was started.
    config.store_file().unwrap_or_default().with_file_name(SIGN_IN_FILE)
}

fn keep_password(file: &Path, password: &str) -> io::Result<()> {
    let [ada, ben] = AGENTS.map(|(_, email)| email);
    let text = format!(
        "Salotto DEMO sign-in: made by a first start with demo.enabled; not for real visitors.\n\
         agents: {ada}, {ben}\n{PASSWORD_LINE}{password}\n"
    );
    let mut options = std::fs::OpenOptions::new();
    let mut open = options.create(true).write(true).truncate(true).mode(0o600).open(file)?;
    // A file of before keeps its mode otherwise.
    open.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    open.write_all(text.as_bytes())
}

fn known_password(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(PASSWORD_LINE)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::Sources;
    use crate::{supervisor, test_support};

    fn demo_config(folder: &Path) -> Config {
        let url = format!("sqlite:{}", folder.join("salotto.db").display());
        let variables = [("SALOTTO_DEMO__ENABLED", "true"), ("SALOTTO_STORE__URL", &url)];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).to_vec();
        Config::load(&Sources { file: None, variables }).expect("valid")
    }

    async fn journal(store: &Store) -> Journal {
        let (root, _) = supervisor::root().await.expect("a root");
        Journal::start(store.clone(), root).await.expect("a journal")
    }

    #[tokio::test]
    async fn a_new_database_is_filled_once_and_the_second_start_still_knows_the_password() {
        let (folder, store) = test_support::store().await;
        let (config, journal) = (demo_config(folder.path()), journal(&store).await);

        let first = seed(&config, &store, &journal).await.expect("seeded");
        let Seeded::Demo { password: Some(password) } = &first else { panic!("{first:?}") };
        let agents = store.agents().await.expect("read");
        let names: Vec<&str> = agents.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["Ada", "Ben"]);
        assert_eq!(password.len(), 20);
        let settings = store.settings().await.expect("read");

        let second = seed(&config, &store, &journal).await.expect("left as it is");
        assert_eq!(second, first);
        assert_eq!(store.settings().await.expect("read").version, settings.version);
        assert_eq!(store.agents().await.expect("read").len(), 2);
    }

    #[tokio::test]
    async fn the_demos_chatflow_greets_and_assigns_to_both() {
        let (folder, store) = test_support::store().await;
        let (config, journal) = (demo_config(folder.path()), journal(&store).await);
        seed(&config, &store, &journal).await.expect("seeded");
        let settings = store.settings().await.expect("read");
        assert_eq!((settings.sites.len(), settings.sites[0].id), (1, DEMO_SITE));
        assert_eq!(settings.inboxes[0].name, "Main");
        let chatflow = &settings.chatflows[0];
        assert_eq!((chatflow.settings.name.as_str(), chatflow.enabled), ("Shop chat", true));
        assert_eq!(chatflow.settings.agents.len(), 2);
        assert!(chatflow.settings.assign);
        assert_eq!(chatflow.settings.welcome, "Hi! Got any questions? I'm happy to help.");
    }

    #[tokio::test]
    async fn without_the_setting_nothing_is_made() {
        let (folder, store) = test_support::store().await;
        let config = Config::load(&Sources::default()).expect("valid");
        let journal = journal(&store).await;
        assert_eq!(seed(&config, &store, &journal).await.expect("off"), Seeded::Off);
        assert!(store.agents().await.expect("read").is_empty());
        assert!(!folder.path().join(SIGN_IN_FILE).exists());
    }

    #[test]
    fn the_sign_in_is_kept_for_the_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(SIGN_IN_FILE);
        std::fs::write(&file, "old").expect("written");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).expect("changed");

        keep_password(&file, "abc").expect("kept");

        assert_eq!(known_password(&file).as_deref(), Some("abc"));
        let mode = std::fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_announcement_says_where_and_how() {
        let text = announcement(
            "0.0.0.0:8080".parse().expect("an address"),
            "127.0.0.1:8081".parse().expect("an address"),
            Some("abc"),
        );
        for part in ["http://127.0.0.1:8080/\n", "/console/", "ada@demo.salotto.example", "abc"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn the_demos_pages_may_be_called_by_every_local_name() {
        let origins = origins("127.0.0.1:9000".parse().expect("an address"));
        assert_eq!(origins, ["http://127.0.0.1:9000", "http://localhost:9000"]);
    }
}
