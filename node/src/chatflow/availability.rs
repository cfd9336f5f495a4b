//! Whether a chatflow can be answered now (AV-10 to AV-14). Pure.
//!
//! Operating hours are not among the settings: availability follows the agents alone, and nobody
//! there is `Offline`. `Away` is for hours in which nobody is there (AV-11).

use salotto_protocol::chatflow::ChatflowSettings;
use salotto_protocol::{AgentStatus, Availability};

use crate::presence::Roster;
use crate::store::AgentRow;

pub(super) fn availability(settings: &ChatflowSettings, roster: &Roster) -> Availability {
    let mut anybody_there = false;
    for agent in assigned(settings, roster) {
        if agent.status == AgentStatus::Available && agent.present {
            anybody_there = true;
            if agent.active < agent.capacity {
                return Availability::Available;
            }
        }
    }
    if anybody_there { Availability::AtCapacity } else { Availability::Offline }
}

/// Those whom the assignment rule names; without a rule, everybody (AV-14).
fn assigned<'a>(
    settings: &'a ChatflowSettings,
    roster: &'a Roster,
) -> Box<dyn Iterator<Item = &'a AgentRow> + 'a> {
    if settings.assign && !settings.agents.is_empty() {
        Box::new(settings.agents.iter().filter_map(|agent| roster.get(agent)))
    } else {
        Box::new(roster.values())
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::AgentId;

    use super::*;

    fn id(number: u128) -> AgentId {
        AgentId(uuid::Uuid::from_u128(number))
    }

    fn agent(number: u128, status: AgentStatus, present: bool, active: u32) -> AgentRow {
        AgentRow { status, capacity: 3, active, present, ..AgentRow::new(id(number), "", "") }
    }

    fn now(assign: bool, listed: &[u128], agents: Vec<AgentRow>) -> Availability {
        let mut settings: ChatflowSettings =
            serde_json::from_str(r#"{"name":"Shop"}"#).expect("every other field has a default");
        settings.assign = assign;
        settings.agents = listed.iter().copied().map(id).collect();
        availability(&settings, &agents.into_iter().map(|agent| (agent.id, agent)).collect())
    }

    #[test]
    fn one_available_agent_with_a_free_slot_makes_it_available() {
        let agents = vec![
            agent(1, AgentStatus::Available, true, 3),
            agent(2, AgentStatus::Available, true, 2),
        ];
        assert_eq!(now(true, &[1, 2], agents), Availability::Available);
    }

    #[test]
    fn every_available_one_at_the_limit_is_at_capacity() {
        let agents = vec![
            agent(1, AgentStatus::Available, true, 3),
            agent(2, AgentStatus::Available, true, 4),
            agent(3, AgentStatus::Away, true, 0),
        ];
        assert_eq!(now(true, &[1, 2, 3], agents), Availability::AtCapacity);
    }

    #[test]
    fn nobody_available_and_present_is_away() {
        let agents =
            vec![agent(1, AgentStatus::Away, true, 0), agent(2, AgentStatus::Available, false, 0)];
        assert_eq!(now(true, &[1, 2], agents), Availability::Offline);
        assert_eq!(now(true, &[], Vec::new()), Availability::Offline);
    }

    #[test]
    fn only_those_whom_the_rule_names_count() {
        let agents = || {
            vec![agent(1, AgentStatus::Away, true, 0), agent(2, AgentStatus::Available, true, 0)]
        };
        assert_eq!(now(true, &[1], agents()), Availability::Offline);
        assert_eq!(now(true, &[1, 9], agents()), Availability::Offline, "9 is nobody");
        assert_eq!(now(true, &[2], agents()), Availability::Available);
    }

    #[test]
    fn without_a_rule_everybody_counts() {
        let agents = || vec![agent(2, AgentStatus::Available, true, 0)];
        assert_eq!(now(true, &[], agents()), Availability::Available);
        assert_eq!(now(false, &[1], agents()), Availability::Available);
    }
}
