//! Each kind of violation, made by hand, is seen; and a clean record is clean.

use super::*;

/// One conversation as both sides and the store saw it: two of the visitor, one answer.
struct Scene {
    page: Slot,
    id: ConversationId,
    visitor: Log,
    team: Log,
    stored: Vec<StoredMessage>,
}

const ANSWER: Who = Who::Agent(3);

impl Scene {
    fn clean() -> Scene {
        let id = ConversationId::fresh();
        let mut page = Slot::default();
        let mut stored = Vec::new();
        let (mut visitor, mut team) = (Log::new(id), Log::new(id));
        let welcome = Seen { seq: Seq(1), what: What::Other };
        visitor.offer(Seq(0), welcome);
        team.offer(Seq(0), welcome);
        for (seq, who) in [(2, Who::Visitor), (3, ANSWER), (4, Who::Visitor)] {
            let client_id = ClientId::fresh();
            let n = page.begin(who, client_id, 10, 20);
            page.acked((who, n), id, Seq(seq));
            let what = What::Ours { who, n };
            let seq = Seq(seq);
            visitor.offer(Seq(seq.0 - 1), Seen { seq, what });
            team.offer(Seq(seq.0 - 1), Seen { seq, what });
            stored.push(StoredMessage { seq, client_id: Some(client_id), what, is_intact: true });
        }
        Scene { page, id, visitor, team, stored }
    }

    fn audit(&self) -> Findings {
        let mut findings = Findings::default();
        let evidence = Evidence {
            slot: 0,
            page: &self.page,
            logs: vec![(Party::Visitor, &self.visitor), (Party::Team, &self.team)],
            stored: vec![(self.id, self.stored.clone())],
        };
        findings.add(&evidence, 1_000);
        findings
    }
}

/// The counter that is named, and no other, is `count`.
fn assert_only(findings: &Findings, name: &str, count: u64) {
    let all = [
        ("lost", findings.lost),
        ("doubled", findings.doubled),
        ("reordered", findings.reordered),
        ("disagreed", findings.disagreed),
        ("ghosts", findings.ghosts),
        ("holes", findings.holes),
        ("unanswered", findings.unanswered),
        ("unrouted", findings.unrouted),
        ("unread", findings.unread),
    ];
    for (counter, value) in all {
        let expected = if counter == name { count } else { 0 };
        assert_eq!(value, expected, "{counter} of {findings:?}");
    }
    assert_eq!(findings.violations(), count);
    assert_eq!(findings.examples.is_empty(), count == 0 || name == "unrouted");
}

#[test]
fn a_clean_record_is_clean() {
    let findings = Scene::clean().audit();

    assert_only(&findings, "none", 0);
    assert!(findings.is_clean());
    assert_eq!((findings.conversations, findings.checked, findings.read_back), (1, 3, 3));
}

#[test]
fn what_one_side_never_read_is_lost() {
    for side in ["visitor", "team"] {
        let mut scene = Scene::clean();
        let log = if side == "visitor" { &mut scene.visitor } else { &mut scene.team };
        log.seen.pop();
        log.last = Seq(3);

        assert_only(&scene.audit(), "lost", 1);
    }
}

#[test]
fn what_the_store_does_not_have_is_lost() {
    let mut scene = Scene::clean();
    scene.stored.remove(1);

    assert_only(&scene.audit(), "lost", 1);
}

#[test]
fn what_is_missing_everywhere_is_lost_once() {
    let mut scene = Scene::clean();
    scene.stored.pop();
    for log in [&mut scene.visitor, &mut scene.team] {
        log.seen.pop();
        log.last = Seq(3);
    }

    assert_only(&scene.audit(), "lost", 1);
}

#[test]
fn the_same_message_at_two_positions_is_doubled_once() {
    let mut scene = Scene::clean();
    let again = Seen { seq: Seq(5), what: What::Ours { who: Who::Visitor, n: 1 } };
    scene.visitor.offer(Seq(4), again);
    scene.team.offer(Seq(4), again);

    assert_only(&scene.audit(), "doubled", 1);
}

#[test]
fn a_double_in_the_store_alone_is_seen() {
    let mut scene = Scene::clean();
    let again = StoredMessage { seq: Seq(5), ..scene.stored[0].clone() };
    scene.stored.push(again);

    let findings = scene.audit();

    assert_eq!(findings.doubled, 1, "{findings:?}");
}

#[test]
fn messages_in_another_order_than_they_were_sent_are_reordered() {
    let mut scene = Scene::clean();
    for log in [&mut scene.visitor, &mut scene.team] {
        log.seen[1].what = What::Ours { who: Who::Visitor, n: 1 };
        log.seen[3].what = What::Ours { who: Who::Visitor, n: 0 };
    }
    scene.stored.clear();
    let ids: Vec<ClientId> = scene.page.senders[0].sent.iter().map(|it| it.client_id).collect();
    for (seq, n) in [(2, 1), (4, 0)] {
        let what = What::Ours { who: Who::Visitor, n };
        let (seq, client_id) = (Seq(seq), Some(ids[n as usize]));
        scene.stored.push(StoredMessage { seq, client_id, what, is_intact: true });
        scene.page.senders[0].sent[n as usize].answer = Answer::Acked { conversation: 0, seq };
    }
    let what = What::Ours { who: ANSWER, n: 0 };
    let client_id = Some(scene.page.senders[1].sent[0].client_id);
    scene.stored.push(StoredMessage { seq: Seq(3), client_id, what, is_intact: true });

    assert_only(&scene.audit(), "reordered", 1);
}

#[test]
fn a_message_that_came_behind_its_successor_is_reordered_and_not_lost() {
    let mut scene = Scene::clean();
    let late = scene.team.seen.remove(1);
    scene.team.offer(Seq(1), late);

    assert_only(&scene.audit(), "reordered", 1);
}

#[test]
fn an_ack_for_another_position_is_a_disagreement() {
    let mut scene = Scene::clean();
    scene.page.senders[0].sent[1].answer = Answer::Acked { conversation: 0, seq: Seq(9) };

    assert_only(&scene.audit(), "disagreed", 1);
}

#[test]
fn an_altered_text_in_the_store_is_a_disagreement() {
    let mut scene = Scene::clean();
    scene.stored[2].is_intact = false;

    assert_only(&scene.audit(), "disagreed", 1);
}

#[test]
fn a_position_that_came_again_with_something_else_is_a_disagreement() {
    let mut scene = Scene::clean();
    scene.visitor.offer(Seq(1), Seen { seq: Seq(2), what: What::Other });

    assert_only(&scene.audit(), "disagreed", 1);
}

#[test]
fn what_was_never_sent_or_was_refused_is_a_ghost() {
    let mut scene = Scene::clean();
    let unsent = What::Ours { who: Who::Visitor, n: 77 };
    scene.visitor.offer(Seq(4), Seen { seq: Seq(5), what: unsent });
    assert_only(&scene.audit(), "ghosts", 1);

    let mut scene = Scene::clean();
    let n = scene.page.begin(Who::Visitor, ClientId::fresh(), 10, 20);
    scene.page.refused(Who::Visitor, n);
    let refused = What::Ours { who: Who::Visitor, n };
    scene.team.offer(Seq(4), Seen { seq: Seq(5), what: refused });
    assert_only(&scene.audit(), "ghosts", 1);

    let mut scene = Scene::clean();
    scene.visitor.offer(Seq(4), Seen { seq: Seq(5), what: What::Foreign });
    assert_only(&scene.audit(), "ghosts", 1);
}

#[test]
fn the_agents_view_is_dense() {
    let mut scene = Scene::clean();
    scene.visitor.offer(Seq(4), Seen { seq: Seq(7), what: What::Other });
    assert_only(&scene.audit(), "none", 0);

    scene.team.offer(Seq(4), Seen { seq: Seq(7), what: What::Other });
    assert_only(&scene.audit(), "holes", 2);

    scene.team.patched = true;
    assert_only(&scene.audit(), "none", 0);
}

#[test]
fn what_went_out_long_ago_without_an_answer_is_unanswered() {
    let mut scene = Scene::clean();
    scene.page.begin(Who::Visitor, ClientId::fresh(), 10, 20);
    assert_only(&scene.audit(), "unanswered", 1);

    let mut scene = Scene::clean();
    scene.page.begin(Who::Visitor, ClientId::fresh(), 1_900, 2_000);
    assert_only(&scene.audit(), "none", 0);
}

#[test]
fn a_conversation_that_no_agent_followed_is_unrouted() {
    let scene = Scene::clean();
    let mut findings = Findings::default();
    let evidence = Evidence {
        slot: 0,
        page: &scene.page,
        logs: vec![(Party::Visitor, &scene.visitor)],
        stored: Vec::new(),
    };

    findings.add(&evidence, 1_000);

    assert_only(&findings, "unrouted", 3);
}

#[test]
fn after_a_handover_the_two_logs_of_the_team_count_together() {
    let mut scene = Scene::clean();
    let mut second = Log::new(scene.id);
    for seen in scene.team.seen.drain(3..).collect::<Vec<_>>() {
        second.offer(Seq(0), seen);
    }
    second.patched = true;
    scene.team.last = Seq(3);
    let mut findings = Findings::default();
    let evidence = Evidence {
        slot: 0,
        page: &scene.page,
        logs: vec![
            (Party::Visitor, &scene.visitor),
            (Party::Team, &scene.team),
            (Party::Team, &second),
        ],
        stored: Vec::new(),
    };

    findings.add(&evidence, 1_000);

    assert_only(&findings, "none", 0);
}
