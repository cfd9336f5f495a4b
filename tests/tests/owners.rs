//! A contact's owner who goes away while somebody waits for them is told by e-mail, once (AS-3).

use std::time::Duration;

use salotto_protocol::api::{SiteSettings, VisitorToken};
use salotto_protocol::people_api::Users;
use salotto_protocol::{
    AgentId, AgentStatus, ChatflowId, ClientFrame, ClientId, ConversationId, ServerFrame, SiteId,
    Start,
};
use salotto_tests::desk::{AS_AGENT, AS_VISITOR, SignedIn, acked, demo_site, new_visitor, say};
use salotto_tests::node::{DEMO_PASSWORD, Node};
use salotto_tests::patience;
use salotto_tests::smtp::SmtpServer;
use salotto_tests::socket::Socket;
use serde_json::json;

const BEN: &str = "ben@demo.salotto.example";

/// The demo, where contact owners come first; Ben has room for one.
struct Shop {
    node: Node,
    ada: SignedIn,
    ben: AgentId,
    site: SiteId,
    chatflow: ChatflowId,
}

impl Shop {
    async fn open(server: &SmtpServer) -> Shop {
        let settings = server.settings();
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let node = Node::start_with(&settings).await;
        let ada = SignedIn::as_demo_agent(&node).await;
        let Users { users } = ada.get(&node, "/api/v1/users").send().await.json();
        let ben = users.iter().find(|user| user.email == BEN).expect("of the demo").id;
        let site = demo_site(&node).await;
        let known: SiteSettings = node.get(&format!("/api/v1/sites/{site}")).await.json();
        let chatflow = known.chatflow.expect("the demo's").id;
        let rule = json!({ "assign": true, "assign_to": "contact_owner" });
        for ask in [
            ada.put(&node, &format!("/api/v1/chatflows/{chatflow}/assignment")).json(&rule),
            ada.patch(&node, &format!("/api/v1/users/{ben}"))
                .json(&json!({ "capacity_override": 1 })),
        ] {
            let answer = ask.send().await;
            assert!(answer.status.is_success(), "{}", answer.text());
        }
        Shop { node, ada, ben, site, chatflow }
    }

    /// A contact of Ben's has begun a conversation, and begun it again.
    async fn contact(&self, name: &str) -> (Socket, ConversationId) {
        let Shop { node, ada, chatflow, .. } = self;
        let token: VisitorToken = new_visitor(node, self.site, &node.origin()).await.json();
        let mut visitor =
            Socket::welcomed(node.public, AS_VISITOR, &token.token, Vec::new()).await.0;
        let (client_id, message_client_id) = (ClientId::fresh(), ClientId::fresh());
        let (chatflow, text) = (*chatflow, "Hello".to_owned());
        let start = Start { client_id, chatflow, message_client_id, text };
        visitor.send(&ClientFrame::Start(start)).await;
        let (conversation, _) = acked(&mut visitor, message_client_id).await;
        let contact = json!({ "email": format!("{name}@mail.example"), "name": name,
            "owner": self.ben });
        let path = format!("/api/v1/visitors/{}/contact", token.visitor);
        let set = ada.put(node, &path).json(&contact).send().await;
        assert!(set.status.is_success(), "{}", set.text());
        let mut agent =
            Socket::welcomed(node.public, AS_AGENT, &ada.session.socket_token, Vec::new()).await.0;
        let client_id = ClientId::fresh();
        agent.send(&ClientFrame::Close { conversation, client_id }).await;
        acked(&mut agent, client_id).await;
        say(&mut visitor, conversation, "Is the lamp still there?").await;
        (visitor, conversation)
    }

    async fn assignee(&self, id: ConversationId) -> Option<AgentId> {
        self.ada.conversation(&self.node, id).await.conversation.assignee
    }
}

async fn turns(socket: &mut Socket, who: AgentId, status: AgentStatus) {
    socket.send(&ClientFrame::Status { status }).await;
    socket
        .until("the status", |frame| match frame {
            ServerFrame::Agents { agents, .. } => {
                agents.iter().any(|it| (it.id, it.status) == (who, status)).then_some(())
            }
            _ => None,
        })
        .await;
}

/// AS-3
#[tokio::test]
async fn as_3_an_owner_who_goes_away_while_a_contact_waits_is_told_once() {
    let server = SmtpServer::start().await;
    let shop = Shop::open(&server).await;
    let signed_in = SignedIn::with(&shop.node, BEN, DEMO_PASSWORD).await;
    let token = &signed_in.session.socket_token;
    let mut ben = Socket::welcomed(shop.node.public, AS_AGENT, token, Vec::new()).await.0;
    turns(&mut ben, shop.ben, AgentStatus::Available).await;
    let (_ugo, first) = shop.contact("Ugo").await;
    patience::until("Ben to have the first", || async {
        (shop.assignee(first).await == Some(shop.ben)).then_some(())
    })
    .await;
    let (mut ida, second) = shop.contact("Ida").await;

    turns(&mut ben, shop.ben, AgentStatus::Away).await;
    let mail = server.until_taken(1).await.remove(0);
    assert_eq!(mail.to, [BEN]);
    assert_eq!(mail.header("Subject"), "Ida is waiting in the chat");
    assert!(mail.text.contains(&second.to_string()), "{}", mail.text);

    turns(&mut ben, shop.ben, AgentStatus::Available).await;
    turns(&mut ben, shop.ben, AgentStatus::Away).await;
    say(&mut ida, second, "Hello?").await;
    // The router has looked twice by then.
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    assert_eq!(server.taken().len(), 1, "{:?}", server.taken());
    assert_eq!(shop.assignee(first).await, Some(shop.ben), "what he has he keeps");
}
