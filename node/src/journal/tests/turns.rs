//! Round robin: a turn is taken with the assignment, and only if it is the next one (AS-24).

use salotto_protocol::Round;

use super::*;
use crate::journal::TURN_PASSED;

fn notes() -> Decide {
    comments(ClientId::fresh(), "taken")
}

fn in_turn(head: &Head, agent: AgentId, chatflow: ChatflowId, at: Round) -> NewWrite {
    let turn = Some(Turn { chatflow, agent, at });
    NewWrite { agents: vec![agent], turn, ..on(head.id, None, notes()) }
}

fn at(cycle: u32, turn: u32) -> Round {
    Round { cycle, turn }
}

async fn turns(desk: &Desk, chatflow: ChatflowId) -> Vec<(AgentId, Round)> {
    let mut turns = desk.store.turns().await.unwrap();
    turns.retain(|turn| turn.chatflow == chatflow);
    turns.sort_by_key(|turn| turn.at.turn);
    turns.into_iter().map(|turn| (turn.agent, turn.at)).collect()
}

#[tokio::test]
async fn as_24_a_turn_is_stored_with_its_write_and_only_the_next_one_is_taken() {
    let desk = desk().await;
    let anna = desk.agent("anna@example.com", 9).await;
    let ben = desk.agent("ben@example.com", 9).await;
    let (head, chatflow) = (desk.conversation().await, ChatflowId::fresh());
    let take = |agent, cycle, turn| in_turn(&head, agent, chatflow, at(cycle, turn));
    committed(desk.write(take(anna, 1, 1)).await);
    let entries = desk.entries(head.id).await.len();

    for passed in [take(ben, 1, 1), take(ben, 1, 3)] {
        assert_eq!(desk.write(passed).await, Outcome::Rejected(TURN_PASSED));
    }
    assert_eq!(desk.entries(head.id).await.len(), entries, "nothing of them is written");
    committed(desk.write(take(ben, 1, 2)).await);
    committed(desk.write(take(anna, 2, 3)).await);

    assert_eq!(turns(&desk, chatflow).await, [(ben, at(1, 2)), (anna, at(2, 3))]);
    let other = ChatflowId::fresh();
    committed(desk.write(in_turn(&head, anna, other, at(1, 1))).await);
    assert_eq!(turns(&desk, other).await, [(anna, at(1, 1))], "each chatflow by itself");
}

#[tokio::test]
async fn as_24_of_two_nodes_that_take_the_same_turn_at_once_one_is_refused() {
    let desk = desk().await;
    let agents = [desk.agent("anna@example.com", 9).await, desk.agent("ben@example.com", 9).await];
    let store = Store::open(desk.database.url()).await.unwrap();
    let (root, _) = supervisor::root().await.unwrap();
    let elsewhere = Journal::start(store, root).await.unwrap();
    let (one, two) = (desk.conversation().await, desk.conversation().await);
    let chatflow = ChatflowId::fresh();
    for turn in 1..=20 {
        let (here, said_here) = in_turn(&one, agents[0], chatflow, at(turn, turn)).into_write();
        let (there, said_there) = in_turn(&two, agents[1], chatflow, at(turn, turn)).into_write();
        assert!(desk.journal.submit(here).is_ok() && elsewhere.submit(there).is_ok());

        let outcomes = [wait(said_here).await, wait(said_there).await];

        let refused = outcomes.iter().filter(|it| **it == Outcome::Rejected(TURN_PASSED)).count();
        let taken = outcomes.iter().filter(|it| matches!(it, Outcome::Committed(_))).count();
        assert_eq!((taken, refused), (1, 1), "{outcomes:?}");
    }
    let latest = turns(&desk, chatflow).await.pop().map(|(_, at)| at);
    assert_eq!(latest, Some(at(20, 20)));
}
