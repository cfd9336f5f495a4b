//! What the store must still be told of this node's agents: presence and status. Pure.

use std::collections::HashMap;

use salotto_protocol::{AgentId, AgentStatus};

/// Counts the sockets of each agent on this node; at most one write per agent is under way.
#[derive(Default)]
pub(super) struct Sockets(HashMap<AgentId, Line>);

/// What should happen now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    Nothing,
    /// Tell the store, then `written`.
    Write {
        present: bool,
    },
    /// Wait for the grace, then `grace_over` with this number.
    Grace {
        number: u64,
    },
    /// The store failed: wait a little, then `retry`.
    Retry,
}

/// The statuses that agents chose and that are not yet stored. The last choice wins.
#[derive(Default)]
pub(super) struct Choices(HashMap<AgentId, Wish<AgentStatus>>);

/// What should happen now with an agent's choice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ChoiceStep {
    Nothing,
    Write(AgentStatus),
    Retry,
}

struct Line {
    sockets: u32,
    /// Grows with every coming and leaving: a grace that was overtaken means nothing.
    number: u64,
    present: Wish<bool>,
}

/// A value that the store should have, and what is known of what it has.
struct Wish<T> {
    wanted: T,
    /// `None`: nothing of ours, or unknown after a failure.
    stored: Option<T>,
    writing: bool,
}

impl Sockets {
    pub(super) fn came(&mut self, agent: AgentId) -> Step {
        let line = self.0.entry(agent).or_insert_with(Line::new);
        line.sockets += 1;
        line.number += 1;
        line.present.wanted = true;
        line.step()
    }

    /// Ignored for an agent who has no socket here.
    pub(super) fn left(&mut self, agent: AgentId) -> Step {
        let Some(line) = self.0.get_mut(&agent) else { return Step::Nothing };
        line.sockets = line.sockets.saturating_sub(1);
        line.number += 1;
        if line.sockets == 0 { Step::Grace { number: line.number } } else { Step::Nothing }
    }

    pub(super) fn grace_over(&mut self, agent: AgentId, number: u64) -> Step {
        let Some(line) = self.0.get_mut(&agent) else { return Step::Nothing };
        if line.sockets > 0 || line.number != number {
            return Step::Nothing;
        }
        line.present.wanted = false;
        line.step()
    }

    /// The store has answered the write of `present`; `stored` tells whether it took it.
    pub(super) fn written(&mut self, agent: AgentId, present: bool, stored: bool) -> Step {
        let Some(line) = self.0.get_mut(&agent) else { return Step::Nothing };
        line.present.answered(present, stored);
        if !stored {
            return Step::Retry;
        }
        let step = line.step();
        if line.is_over() {
            self.0.remove(&agent);
        }
        step
    }

    pub(super) fn retry(&mut self, agent: AgentId) -> Step {
        self.0.get_mut(&agent).map_or(Step::Nothing, Line::step)
    }

    /// The store has lost all that it was told: it is told again.
    pub(super) fn forgotten(&mut self) -> Vec<(AgentId, Step)> {
        let again = |(agent, line): (&AgentId, &mut Line)| {
            line.present.forgotten();
            (*agent, line.step())
        };
        self.0.iter_mut().map(again).collect()
    }
}

impl Choices {
    pub(super) fn chose(&mut self, agent: AgentId, status: AgentStatus) -> ChoiceStep {
        let wish = self.0.entry(agent).or_insert_with(|| Wish::new(status));
        wish.wanted = status;
        wish.next().map_or(ChoiceStep::Nothing, ChoiceStep::Write)
    }

    pub(super) fn written(
        &mut self,
        agent: AgentId,
        status: AgentStatus,
        stored: bool,
    ) -> ChoiceStep {
        let Some(wish) = self.0.get_mut(&agent) else { return ChoiceStep::Nothing };
        wish.answered(status, stored);
        if !stored {
            return ChoiceStep::Retry;
        }
        match wish.next() {
            Some(next) => ChoiceStep::Write(next),
            None => {
                self.0.remove(&agent);
                ChoiceStep::Nothing
            }
        }
    }

    pub(super) fn retry(&mut self, agent: AgentId) -> ChoiceStep {
        let next = self.0.get_mut(&agent).and_then(Wish::next);
        next.map_or(ChoiceStep::Nothing, ChoiceStep::Write)
    }
}

impl Line {
    fn new() -> Line {
        Line { sockets: 0, number: 0, present: Wish::new(false) }
    }

    fn step(&mut self) -> Step {
        self.present.next().map_or(Step::Nothing, |present| Step::Write { present })
    }

    /// No socket, and the store knows it.
    fn is_over(&self) -> bool {
        self.sockets == 0 && self.present.is_stored(false)
    }
}

impl<T: Copy + Eq> Wish<T> {
    fn new(wanted: T) -> Wish<T> {
        Wish { wanted, stored: None, writing: false }
    }

    /// What to write now, if anything.
    fn next(&mut self) -> Option<T> {
        if self.writing || self.stored == Some(self.wanted) {
            return None;
        }
        self.writing = true;
        Some(self.wanted)
    }

    fn answered(&mut self, value: T, stored: bool) {
        self.writing = false;
        self.stored = stored.then_some(value);
    }

    fn forgotten(&mut self) {
        self.stored = None;
    }

    fn is_stored(&self, value: T) -> bool {
        self.wanted == value && !self.writing && self.stored == Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRESENT: Step = Step::Write { present: true };
    const ABSENT: Step = Step::Write { present: false };

    fn agent() -> AgentId {
        AgentId(uuid::Uuid::nil())
    }

    /// An agent with one socket whose presence is in the store.
    fn present() -> Sockets {
        let mut sockets = Sockets::default();
        assert_eq!(sockets.came(agent()), PRESENT);
        assert_eq!(sockets.written(agent(), true, true), Step::Nothing);
        sockets
    }

    fn leave(sockets: &mut Sockets) -> u64 {
        match sockets.left(agent()) {
            Step::Grace { number } => number,
            step @ (Step::Nothing | Step::Write { .. } | Step::Retry) => panic!("{step:?}"),
        }
    }

    #[test]
    fn only_the_first_socket_is_written() {
        let mut sockets = present();
        assert_eq!(sockets.came(agent()), Step::Nothing);
        assert_eq!(sockets.left(agent()), Step::Nothing);
    }

    #[test]
    fn the_last_one_gone_is_written_after_the_grace_and_forgotten() {
        let mut sockets = present();
        let number = leave(&mut sockets);
        assert_eq!(sockets.grace_over(agent(), number), ABSENT);
        assert_eq!(sockets.written(agent(), false, true), Step::Nothing);
        assert!(sockets.0.is_empty());
    }

    #[test]
    fn a_reload_is_no_absence() {
        let mut sockets = present();
        let number = leave(&mut sockets);
        assert_eq!(sockets.came(agent()), Step::Nothing);
        assert_eq!(sockets.grace_over(agent(), number), Step::Nothing);
    }

    #[test]
    fn each_leaving_has_the_whole_grace() {
        let mut sockets = present();
        let first = leave(&mut sockets);
        sockets.came(agent());
        let second = leave(&mut sockets);
        assert_eq!(sockets.grace_over(agent(), first), Step::Nothing);
        assert_eq!(sockets.grace_over(agent(), second), ABSENT);
    }

    #[test]
    fn who_comes_back_while_the_absence_is_written_is_written_again() {
        let mut sockets = present();
        let number = leave(&mut sockets);
        assert_eq!(sockets.grace_over(agent(), number), ABSENT);
        assert_eq!(sockets.came(agent()), Step::Nothing, "one write at a time");
        assert_eq!(sockets.written(agent(), false, true), PRESENT);
        assert_eq!(sockets.written(agent(), true, true), Step::Nothing);
    }

    #[test]
    fn a_failed_write_is_tried_again_until_it_holds() {
        let mut sockets = Sockets::default();
        assert_eq!(sockets.came(agent()), PRESENT);
        for _ in 0..3 {
            assert_eq!(sockets.written(agent(), true, false), Step::Retry);
            assert_eq!(sockets.retry(agent()), PRESENT);
        }
        assert_eq!(sockets.written(agent(), true, true), Step::Nothing);
        assert_eq!(sockets.retry(agent()), Step::Nothing);
    }

    #[test]
    fn after_a_failure_of_unknown_effect_even_the_old_state_is_written_again() {
        let mut sockets = present();
        let number = leave(&mut sockets);
        assert_eq!(sockets.grace_over(agent(), number), ABSENT);
        assert_eq!(sockets.written(agent(), false, false), Step::Retry);
        assert_eq!(sockets.came(agent()), PRESENT, "the store may have taken the absence");
    }

    #[test]
    fn who_leaves_while_the_presence_is_written_is_absent_in_the_end() {
        let mut sockets = Sockets::default();
        assert_eq!(sockets.came(agent()), PRESENT);
        let number = leave(&mut sockets);
        assert_eq!(sockets.grace_over(agent(), number), Step::Nothing);
        assert_eq!(sockets.written(agent(), true, true), ABSENT);
        assert_eq!(sockets.written(agent(), false, true), Step::Nothing);
        assert!(sockets.0.is_empty());
    }

    #[test]
    fn a_stranger_who_leaves_changes_nothing() {
        assert_eq!(Sockets::default().left(agent()), Step::Nothing);
    }

    #[test]
    fn the_last_choice_wins_and_is_written_after_the_one_under_way() {
        let mut choices = Choices::default();
        let (available, away) = (AgentStatus::Available, AgentStatus::Away);
        assert_eq!(choices.chose(agent(), away), ChoiceStep::Write(away));
        assert_eq!(choices.chose(agent(), available), ChoiceStep::Nothing);
        assert_eq!(choices.written(agent(), away, true), ChoiceStep::Write(available));
        assert_eq!(choices.written(agent(), available, true), ChoiceStep::Nothing);
        assert!(choices.0.is_empty());
    }

    #[test]
    fn a_choice_that_the_store_did_not_take_is_tried_again() {
        let mut choices = Choices::default();
        let away = AgentStatus::Away;
        choices.chose(agent(), away);
        assert_eq!(choices.written(agent(), away, false), ChoiceStep::Retry);
        assert_eq!(choices.retry(agent()), ChoiceStep::Write(away));
    }

    /// Whatever the order of things, once all is quiet the store has the truth.
    #[test]
    fn in_any_order_the_store_ends_up_with_the_truth() {
        let mut random: u64 = 7;
        for _ in 0..500 {
            let mut run = Run::default();
            for _ in 0..60 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                run.step(random >> 33);
            }
            while run.writing.is_some() || !run.graces.is_empty() || run.retry {
                run.finish();
            }
            assert_eq!(run.store, run.open > 0);
        }
    }

    #[derive(Default)]
    struct Run {
        sockets: Sockets,
        open: u32,
        store: bool,
        writing: Option<bool>,
        graces: Vec<u64>,
        retry: bool,
    }

    impl Run {
        fn step(&mut self, choice: u64) {
            match choice % 5 {
                0 => {
                    self.open += 1;
                    let step = self.sockets.came(agent());
                    self.take(step);
                }
                1 if self.open > 0 => {
                    self.open -= 1;
                    let step = self.sockets.left(agent());
                    self.take(step);
                }
                2 => {
                    if let Some(number) = self.graces.pop() {
                        let step = self.sockets.grace_over(agent(), number);
                        self.take(step);
                    }
                }
                3 => self.answer(choice.is_multiple_of(2)),
                _ => self.finish(),
            }
        }

        /// Lets everything under way end well.
        fn finish(&mut self) {
            self.answer(true);
            if std::mem::take(&mut self.retry) {
                let step = self.sockets.retry(agent());
                self.take(step);
            }
            for number in std::mem::take(&mut self.graces) {
                let step = self.sockets.grace_over(agent(), number);
                self.take(step);
            }
        }

        fn answer(&mut self, stored: bool) {
            let Some(present) = self.writing.take() else { return };
            if stored {
                self.store = present;
            }
            let step = self.sockets.written(agent(), present, stored);
            self.take(step);
        }

        fn take(&mut self, step: Step) {
            match step {
                Step::Nothing => {}
                Step::Write { present } => {
                    assert_eq!(self.writing, None, "one write at a time");
                    self.writing = Some(present);
                }
                Step::Grace { number } => self.graces.push(number),
                Step::Retry => self.retry = true,
            }
        }
    }
}
