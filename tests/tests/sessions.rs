//! Agents sign in, stay signed in, and sign out; nobody does it for them.

use salotto_protocol::api::{Agents, Session};
use salotto_protocol::{AgentStatus, ClientFrame, ErrorCode, ServerFrame};
use salotto_tests::desk::{AS_AGENT, Desk, SignedIn, demo_email, sign_in};
use salotto_tests::node::{DEMO_PASSWORD, Node};
use salotto_tests::rest::Ask;
use salotto_tests::socket::Socket;

#[tokio::test]
async fn an_agent_signs_in_connects_and_signs_out() {
    let node = Node::start().await;
    let agent = SignedIn::as_demo_agent(&node).await;
    let session: Session = agent.get(&node, "/api/v1/session").send().await.json();
    assert_eq!(session.agent, agent.session.agent);
    let token = &session.socket_token;
    let (_socket, welcome) = Socket::welcomed(node.public, AS_AGENT, token, Vec::new()).await;
    assert_eq!(welcome.agent, Some(session.agent));
    assert_eq!(welcome.inboxes, session.inboxes.iter().map(|it| it.id).collect::<Vec<_>>());
    let team: Agents = agent.get(&node, "/api/v1/agents").send().await.json();
    assert!(team.agents.iter().any(|it| it.id == session.agent), "{team:?}");

    let leave = || {
        Ask::delete(node.public, "/api/v1/session")
            .header("cookie", &agent.cookie)
            .header("origin", &node.origin())
    };
    leave().send().await.assert_refused(403, ErrorCode::Forbidden);
    leave()
        .header("x-salotto-csrf", "wrong")
        .send()
        .await
        .assert_refused(403, ErrorCode::Forbidden);
    let left = leave().header("x-salotto-csrf", &session.csrf_token).send().await;
    assert!(left.status.is_success(), "{}", left.text());
    let gone = agent.get(&node, "/api/v1/session").send().await;
    gone.assert_refused(401, ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn the_session_cookie_is_out_of_reach_for_scripts_and_other_sites() {
    let node = Node::start().await;
    let answer = sign_in(&node, &demo_email(&node).await, DEMO_PASSWORD).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("salotto_session="), "{cookie}");
    for word in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(word), "{word}: {cookie}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let node = Node::start().await;
    let wrong = sign_in(&node, &demo_email(&node).await, "not the password").await;
    let unknown = sign_in(&node, "nobody@shop.example", "not the password").await;
    wrong.assert_refused(401, ErrorCode::Unauthenticated);
    unknown.assert_refused(401, ErrorCode::Unauthenticated);
    assert_eq!(wrong.text(), unknown.text());
    assert_eq!(wrong.header("set-cookie"), "");
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let node = Node::start().await;
    let email = demo_email(&node).await;
    for _ in 0..30 {
        let answer = sign_in(&node, &email, "a guess, and no more").await;
        if answer.status.as_u16() == 429 {
            answer.assert_refused(429, ErrorCode::RateLimited);
            assert!(answer.problem().retry_after_ms.is_some());
            assert_ne!(answer.header("retry-after"), "");
            return;
        }
        answer.assert_refused(401, ErrorCode::Unauthenticated);
    }
    panic!("thirty guesses, and nobody minded");
}

#[tokio::test]
async fn nobody_reads_without_signing_in() {
    let node = Node::start().await;
    for path in ["/api/v1/session", "/api/v1/agents"] {
        node.get(path).await.assert_refused(401, ErrorCode::Unauthenticated);
        let forged = Ask::get(node.public, path).header("cookie", "salotto_session=forged");
        forged.send().await.assert_refused(401, ErrorCode::Unauthenticated);
    }
    let ask =
        || Ask::post(node.public, "/api/v1/loadtest/agents").body(b"{\"count\":1,\"capacity\":1}");
    assert!(ask().send().await.status.is_client_error());
    assert!(ask().bearer("not the token").send().await.status.is_client_error());
}

/// AV-31
#[tokio::test]
async fn an_agents_status_is_heard_by_the_team() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 2).await;
    let mut one = desk.agent_socket(&node, 0).await;
    let mut two = desk.agent_socket(&node, 1).await;

    one.send(&ClientFrame::Status { status: AgentStatus::Away }).await;

    let away = desk.agents[0].0;
    two.until("the colleague to be away", |frame| match frame {
        ServerFrame::Agents { agents, .. } => agents
            .iter()
            .any(|it| it.id == away && it.status == AgentStatus::Away && it.present)
            .then_some(()),
        _ => None,
    })
    .await;
}

/// AV-36
#[tokio::test]
async fn whose_browser_is_gone_is_absent_and_still_available() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 2).await;
    let one = desk.agent_socket(&node, 0).await;
    let mut two = desk.agent_socket(&node, 1).await;

    drop(one);

    let gone = desk.agents[0].0;
    let status = two
        .until("the colleague to be absent", |frame| match frame {
            ServerFrame::Agents { agents, .. } => {
                agents.iter().find(|it| it.id == gone && !it.present).map(|it| it.status)
            }
            _ => None,
        })
        .await;
    assert_eq!(status, AgentStatus::Available, "nobody sets it but people and their hours");
}
