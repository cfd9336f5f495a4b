//! Whom the assignment rule of a chatflow means: users, main members of teams, holders of skills,
//! and who may see its inbox (AS-2, AS-8, AS-21, AV-14, SK-9). Pure.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use salotto_protocol::assignment::{AssignTo, RoutingRule};
use salotto_protocol::people::HeldSkills;
use salotto_protocol::{AgentId, AgentStatus, ChatflowId, SkillId, TeamId};

use super::case::{Case, Conditions};
use super::{AgentRow, ChatflowRow, Settings, SlotKind};

/// Of each of a site's chatflows.
pub(crate) type AssigneesOf = Vec<(ChatflowId, Arc<Assignees>)>;

/// Who is asked, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assignees {
    /// What they are given, by the kind of the inbox.
    pub(crate) kind: SlotKind,
    /// Whether anything is assigned at all (AS-1).
    pub(crate) assigns: bool,
    /// Away is no reason to skip anybody (AS-6).
    pub(crate) ignores_availability: bool,
    /// The owner of the visitor's contact comes first (AS-3).
    pub(crate) owner_first: bool,
    /// In order.
    pub(crate) rules: Vec<RuleAssignees>,
    /// After the rules (AS-20).
    pub(crate) named: Pool,
    pub(crate) overflow: Option<Later>,
    /// Of the inbox. `None`: everybody.
    members: Option<HashSet<AgentId>>,
}

#[derive(Clone, Debug)]
pub(crate) struct RuleAssignees {
    pub(crate) name: String,
    pub(crate) conditions: Conditions,
    pub(crate) pool: Pool,
}

/// Who else, after some time.
#[derive(Clone, Debug)]
pub(crate) struct Later {
    pub(crate) after_ms: u64,
    pub(crate) pool: Pool,
}

/// Agents, as something names them. By default everybody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    /// `None`: everybody.
    named: Option<HashSet<AgentId>>,
    /// All of them.
    needs: Vec<Need>,
}

#[derive(Clone, Debug)]
struct Need {
    what: Skill,
    /// Who has it through a team (SK-7).
    by_team: Arc<HashSet<AgentId>>,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Skill {
    Made(SkillId),
    Language(String),
}

impl Assignees {
    /// Teams that are no more mean nobody (AS-9); a rule that names nobody at all means everybody,
    /// but for the fallback of contact owners, which then is nobody (AS-4).
    pub(crate) fn of(settings: &Settings, chatflow: &ChatflowRow) -> Assignees {
        let members = settings.members(chatflow.inbox);
        let kind = settings.slot_kind(chatflow.inbox);
        let (rule, assignment) = (&chatflow.settings, &chatflow.settings.assignment);
        if !rule.assign {
            return Assignees { kind, members, ..Assignees::default() };
        }
        let owner_first = assignment.assign_to == AssignTo::ContactOwner;
        let agents: Vec<AgentId> = rule.agents.iter().chain(&assignment.agents).copied().collect();
        let is_silent = agents.is_empty() && assignment.teams.is_empty();
        let named = match (is_silent, owner_first) {
            (true, false) => Pool::default(),
            (true, true) | (false, _) => Pool::naming(settings, &agents, &assignment.teams),
        };
        let mut holders = Holders { settings, known: HashMap::new() };
        let overflow = assignment.overflow.as_ref().map(|it| Later {
            after_ms: it.after_ms,
            pool: Pool::naming(settings, &it.agents, &it.teams),
        });
        let rules = assignment.rules.iter().map(|rule| holders.rule(rule)).collect();
        let ignores_availability = assignment.ignore_availability;
        let assigns = true;
        let who = Assignees { kind, members, rules, named, overflow, ..Assignees::default() };
        Assignees { assigns, ignores_availability, owner_first, ..who }
    }

    /// May be given conversations of the inbox (PERM-5).
    pub(crate) fn has_access(&self, agent: AgentId) -> bool {
        self.members.as_ref().is_none_or(|members| members.contains(&agent))
    }

    /// Might be given one of this chatflow, whoever its visitor is (AV-14). That is not said of
    /// contact owners, each of whom is there for few, nor of those who come in after some time.
    pub(crate) fn may_answer_someone(&self, agent: &AgentRow) -> bool {
        let owners_alone = self.owner_first && self.rules.is_empty() && self.named.is_nobody();
        let is_meant = owners_alone
            || self.named.has(agent)
            || self.rules.iter().any(|rule| rule.pool.has(agent));
        is_meant && self.has_access(agent.id)
    }

    /// Would be given this one now, of all those who might be: the whole of AS-8, but for the
    /// access, which is that of the inbox where it stands, as the `kind` is.
    pub(crate) fn can_answer(&self, agent: &AgentRow, kind: SlotKind, case: &Case) -> bool {
        let is_available = agent.status == AgentStatus::Available || self.ignores_availability;
        let may_have = agent.has_seat_for(kind) && !agent.is_deactivated();
        let is_free = agent.present && is_available && agent.has_room(kind);
        is_free && may_have && self.means(agent, case)
    }

    fn means(&self, agent: &AgentRow, case: &Case) -> bool {
        let is_owner = self.owner_first && case.owner() == Some(agent.id);
        let by_rule =
            |rule: &RuleAssignees| rule.pool.has(agent) && rule.conditions.unmet(case).is_none();
        is_owner
            || self.named.has(agent)
            || self.rules.iter().any(by_rule)
            || self.overflow.as_ref().is_some_and(|later| later.pool.has(agent))
    }
}

impl Pool {
    /// Agents and main members of teams.
    fn naming(settings: &Settings, agents: &[AgentId], teams: &[TeamId]) -> Pool {
        let teams = teams.iter().filter_map(|team| settings.team(*team));
        let mains = teams.flat_map(|team| team.main_members.iter().copied());
        Pool { named: Some(agents.iter().copied().chain(mains).collect()), needs: Vec::new() }
    }

    pub(crate) fn has(&self, agent: &AgentRow) -> bool {
        self.named.as_ref().is_none_or(|named| named.contains(&agent.id))
            && self.needs.iter().all(|need| need.is_met_by(agent))
    }

    fn is_nobody(&self) -> bool {
        self.named.as_ref().is_some_and(HashSet::is_empty)
    }
}

impl Need {
    fn is_met_by(&self, agent: &AgentRow) -> bool {
        self.what.is_held(&agent.skills) || self.by_team.contains(&agent.id)
    }
}

impl Skill {
    fn is_held(&self, held: &HeldSkills) -> bool {
        match self {
            Skill::Made(id) => held.skills.contains(id),
            Skill::Language(language) => held.speaks(language),
        }
    }
}

/// Who has which skill through a team, looked up once for all rules.
struct Holders<'a> {
    settings: &'a Settings,
    known: HashMap<Skill, Arc<HashSet<AgentId>>>,
}

impl Holders<'_> {
    fn rule(&mut self, rule: &RoutingRule) -> RuleAssignees {
        let names_nobody = rule.agents.is_empty() && rule.teams.is_empty();
        let named = if names_nobody {
            Pool::default()
        } else {
            Pool::naming(self.settings, &rule.agents, &rule.teams)
        };
        let made = rule.skills.iter().map(|id| Skill::Made(*id));
        let languages = rule.languages.iter().map(|it| Skill::Language(it.clone()));
        let needs = made.chain(languages).map(|what| self.need(what)).collect();
        RuleAssignees {
            name: rule.name.clone(),
            conditions: Conditions::of(&rule.conditions),
            pool: Pool { needs, ..named },
        }
    }

    fn need(&mut self, what: Skill) -> Need {
        if let Some(by_team) = self.known.get(&what) {
            return Need { by_team: by_team.clone(), what };
        }
        let teams = self.settings.teams.iter().filter(|team| what.is_held(&team.skills));
        let by_team = teams.flat_map(|team| team.main_members.iter().copied()).collect();
        let by_team: Arc<HashSet<AgentId>> = Arc::new(by_team);
        self.known.insert(what.clone(), by_team.clone());
        Need { what, by_team }
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::people::{InboxAccess, InboxKind};
    use salotto_protocol::{InboxId, SiteId};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::store::{InboxRow, TeamRow};

    const SALES: TeamId = TeamId(Uuid::from_u128(50));
    const INBOX: InboxId = InboxId(Uuid::from_u128(60));
    const BIKES: SkillId = SkillId(Uuid::from_u128(70));

    fn agent(number: u128) -> AgentId {
        AgentId(Uuid::from_u128(number))
    }

    fn row(number: u128) -> AgentRow {
        AgentRow::new(agent(number), "", "")
    }

    /// Sales has 1 and 2 as main members, 3 as an extra one.
    fn settings(access: InboxAccess) -> Settings {
        let sales = TeamRow {
            id: SALES,
            name: "Sales".to_owned(),
            main_members: vec![agent(1), agent(2)],
            extra_members: vec![agent(3)],
            skills: Default::default(),
        };
        let inbox = InboxRow { id: INBOX, name: "Shop".to_owned(), access, kind: InboxKind::Inbox };
        Settings { teams: vec![sales], inboxes: vec![inbox], ..Settings::default() }
    }

    fn everyone() -> Settings {
        settings(InboxAccess::Everyone)
    }

    /// Of 1 to 9.
    fn who(is: impl Fn(&AgentRow) -> bool) -> Vec<u128> {
        (1..10).filter(|number| is(&row(*number))).collect()
    }

    fn named(agents: &[AgentId], teams: &[TeamId], assign: bool) -> Vec<u128> {
        let row = chatflow(json!({
            "name": "Shop", "assign": assign, "agents": agents, "assignment": { "teams": teams },
        }));
        who(|agent| Assignees::of(&everyone(), &row).named.has(agent))
    }

    fn chatflow(settings: serde_json::Value) -> ChatflowRow {
        ChatflowRow {
            id: ChatflowId(Uuid::from_u128(1)),
            site: SiteId(Uuid::nil()),
            inbox: INBOX,
            enabled: true,
            priority: 1,
            settings: serde_json::from_value(settings).expect("settings"),
        }
    }

    fn assigning(assignment: &serde_json::Value) -> ChatflowRow {
        chatflow(json!({ "name": "Shop", "assign": true, "assignment": assignment }))
    }

    #[test]
    fn perm_4_of_a_team_only_main_members_are_named() {
        assert_eq!(named(&[agent(7), agent(1)], &[SALES], true), [1, 2, 7]);
    }

    #[test]
    fn as_9_a_team_that_is_no_more_names_nobody_and_no_rule_names_everybody() {
        assert!(named(&[], &[TeamId(Uuid::nil())], true).is_empty());
        assert_eq!(named(&[], &[], true).len(), 9);
        assert_eq!(named(&[agent(7)], &[SALES], false).len(), 9);
    }

    #[test]
    fn perm_5_access_is_of_the_chosen_and_of_all_members_of_chosen_teams() {
        let access = InboxAccess::Chosen { agents: vec![agent(7)], teams: vec![SALES] };
        let row = chatflow(json!({ "name": "Shop" }));
        let assignees = Assignees::of(&settings(access), &row);
        assert_eq!(who(|agent| assignees.has_access(agent.id)), [1, 2, 3, 7]);
        assert_eq!(who(|agent| assignees.may_answer_someone(agent)), [1, 2, 3, 7]);
        assert_eq!(who(|it| Assignees::of(&everyone(), &row).has_access(it.id)).len(), 9);
    }

    /// SK-7, SK-9
    #[test]
    fn sk_9_a_rule_means_those_who_have_all_its_skills_of_their_own_or_as_main_members() {
        let mut settings = everyone();
        settings.teams[0].skills.skills = vec![BIKES];
        let rule = json!({ "name": "Bikes", "skills": [BIKES], "languages": ["es"] });
        let pool = &Assignees::of(&settings, &assigning(&json!({ "rules": [rule] }))).rules[0].pool;
        let speaks = |number| {
            let languages = vec!["es".to_owned()];
            let held = HeldSkills { secondary_languages: languages, ..Default::default() };
            AgentRow { skills: held.into(), ..row(number) }
        };
        assert!(pool.has(&speaks(1)) && !pool.has(&row(1)), "a main member who speaks it");
        assert!(!pool.has(&speaks(3)), "an extra member has no skill of the team");
        let both = HeldSkills { skills: vec![BIKES], ..(*speaks(8).skills).clone() };
        assert!(pool.has(&AgentRow { skills: both.into(), ..row(8) }));
        assert!(!pool.has(&speaks(8)));
    }

    #[test]
    fn as_21_a_rule_may_name_agents_and_teams_beside_skills() {
        let rule = json!({ "name": "Sales", "teams": [SALES], "agents": [agent(7)] });
        let assignees = Assignees::of(&everyone(), &assigning(&json!({ "rules": [rule] })));
        assert_eq!(who(|agent| assignees.rules[0].pool.has(agent)), [1, 2, 7]);
    }

    /// AS-4
    #[test]
    fn as_4_the_fallback_of_contact_owners_is_nobody_unless_somebody_is_named() {
        let owners = json!({ "assign_to": "contact_owner" });
        let assignees = Assignees::of(&everyone(), &assigning(&owners));
        assert!(assignees.owner_first && who(|agent| assignees.named.has(agent)).is_empty());
        assert_eq!(who(|agent| assignees.may_answer_someone(agent)).len(), 9, "any may be one");
        let fallback = json!({ "assign_to": "contact_owner", "teams": [SALES] });
        let assignees = Assignees::of(&everyone(), &assigning(&fallback));
        assert_eq!(who(|agent| assignees.may_answer_someone(agent)), [1, 2]);
    }
}
