//! The settings as a snapshot: who is shown where. Pure.

use std::collections::HashMap;
use std::mem::take;

use salotto_protocol::{ChatflowId, SiteId};

use super::availability::Rule;
use crate::store::{AssigneesOf, ChatflowRow, Settings, SiteRow};

/// Everything an admin has set, as of one version.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) version: i64,
    /// All but what stands below: inboxes, and the teams that have access to them.
    pub(super) rest: Settings,
    sites: HashMap<SiteId, SiteRow>,
    chatflows: HashMap<ChatflowId, ChatflowRow>,
    /// When each of them can be answered.
    rules: HashMap<ChatflowId, Rule>,
    /// The enabled chatflow of the highest priority of each site.
    shown: HashMap<SiteId, ChatflowId>,
}

impl Snapshot {
    pub(super) fn new(mut rest: Settings) -> Snapshot {
        let (sites, chatflows) = (take(&mut rest.sites), take(&mut rest.chatflows));
        let shown = shown(&chatflows);
        let rule = |row: &ChatflowRow| (row.id, Rule::new(&rest, row));
        let rules = chatflows.iter().map(rule).collect();
        Snapshot {
            rules,
            version: rest.version,
            rest,
            sites: sites.into_iter().map(|site| (site.id, site)).collect(),
            chatflows: chatflows.into_iter().map(|row| (row.id, row)).collect(),
            shown,
        }
    }

    pub(super) fn site(&self, id: SiteId) -> Option<&SiteRow> {
        self.sites.get(&id)
    }

    pub(super) fn chatflow(&self, id: ChatflowId) -> Option<&ChatflowRow> {
        self.chatflows.get(&id)
    }

    pub(super) fn rule(&self, id: ChatflowId) -> Option<&Rule> {
        self.rules.get(&id)
    }

    pub(super) fn published(&self) -> impl Iterator<Item = &ChatflowRow> {
        self.chatflows.values().filter(|row| row.enabled)
    }

    pub(super) fn is_published(&self, id: ChatflowId) -> bool {
        self.chatflow(id).is_some_and(|row| row.enabled)
    }

    pub(super) fn assigning(&self, site: SiteId) -> AssigneesOf {
        let of_site = self.chatflows.values().filter(|row| row.site == site);
        of_site.filter_map(|row| Some((row.id, self.rule(row.id)?.assignees()))).collect()
    }

    pub(super) fn shown_on(&self, site: SiteId) -> Option<&ChatflowRow> {
        self.shown.get(&site).and_then(|id| self.chatflow(*id))
    }

    /// The chatflows that are shown on a site here and were not in `before`.
    pub(super) fn newly_shown(&self, before: &Snapshot) -> Vec<ChatflowId> {
        let is_new = |(site, id): &(&SiteId, &ChatflowId)| before.shown.get(site) != Some(id);
        self.shown.iter().filter(is_new).map(|(_, id)| *id).collect()
    }
}

/// 1 wins over 2 (CF-11); between equals the older one does.
fn shown(chatflows: &[ChatflowRow]) -> HashMap<SiteId, ChatflowId> {
    let mut enabled: Vec<&ChatflowRow> = chatflows.iter().filter(|row| row.enabled).collect();
    enabled.sort_by_key(|row| (row.priority, row.id));
    // Collected from the lowest priority on, so that the highest stays.
    enabled.iter().rev().map(|row| (row.site, row.id)).collect()
}

#[cfg(test)]
mod tests {
    use salotto_protocol::InboxId;
    use uuid::Uuid;

    use super::*;

    fn site(number: u128) -> SiteId {
        SiteId(Uuid::from_u128(number))
    }

    fn id(number: u128) -> ChatflowId {
        ChatflowId(Uuid::from_u128(number))
    }

    fn chatflow(number: u128, on: u128, enabled: bool, priority: i64) -> ChatflowRow {
        let settings = serde_json::from_str(r#"{"name":"Shop"}"#).expect("the rest has defaults");
        let inbox = InboxId(Uuid::nil());
        ChatflowRow { id: id(number), site: site(on), inbox, enabled, priority, settings }
    }

    fn snapshot(chatflows: Vec<ChatflowRow>) -> Snapshot {
        Snapshot::new(Settings { chatflows, ..Settings::default() })
    }

    fn shown_on(snapshot: &Snapshot, number: u128) -> Option<ChatflowId> {
        snapshot.shown_on(site(number)).map(|row| row.id)
    }

    /// CF-11
    #[test]
    fn the_enabled_chatflow_of_the_highest_priority_is_shown() {
        let snapshot = snapshot(vec![
            chatflow(1, 1, true, 3),
            chatflow(2, 1, true, 2),
            chatflow(3, 1, false, 1),
            chatflow(4, 2, true, 1),
        ]);
        assert_eq!(shown_on(&snapshot, 1), Some(id(2)));
        assert_eq!(shown_on(&snapshot, 2), Some(id(4)));
        assert_eq!(shown_on(&snapshot, 3), None);
    }

    #[test]
    fn between_equals_the_older_one_is_shown() {
        let snapshot = snapshot(vec![chatflow(2, 1, true, 1), chatflow(1, 1, true, 1)]);
        assert_eq!(shown_on(&snapshot, 1), Some(id(1)));
    }

    #[test]
    fn what_is_not_enabled_is_known_and_not_published() {
        let snapshot = snapshot(vec![chatflow(1, 1, false, 1), chatflow(2, 1, true, 1)]);
        assert!(snapshot.chatflow(id(1)).is_some() && !snapshot.is_published(id(1)));
        assert_eq!(snapshot.published().map(|row| row.id).collect::<Vec<_>>(), [id(2)]);
    }

    #[test]
    fn a_chatflow_that_took_over_is_newly_shown() {
        let before = snapshot(vec![chatflow(1, 1, true, 2), chatflow(3, 2, true, 1)]);
        let after = snapshot(vec![
            chatflow(1, 1, true, 2),
            chatflow(2, 1, true, 1),
            chatflow(3, 2, true, 1),
        ]);
        assert_eq!(after.newly_shown(&before), [id(2)]);
        assert!(after.newly_shown(&after).is_empty());
    }
}
