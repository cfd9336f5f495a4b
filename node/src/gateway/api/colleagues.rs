//! `/api/v1/colleagues`: who has access to the inboxes of the one who asks, and works when today.

use std::collections::HashMap;

use axum::extract::State;
use salotto_protocol::hours::WorkingHours;
use salotto_protocol::people_api::{Colleague, Colleagues, HoursToday};
use salotto_protocol::{AgentId, InboxId};

use super::people::{Private, private};
use crate::clock;
use crate::gateway::App;
use crate::gateway::auth::Agent;
use crate::gateway::error::ApiError;
use crate::hours::Hours;

/// Members only: a super admin who merely may look is no colleague of that inbox (PERM-5). By name.
pub(crate) async fn list(
    State(app): State<App>,
    agent: Agent,
) -> Result<Private<Colleagues>, ApiError> {
    let settings = app.store.settings().await?;
    let mut rows = app.store.agents().await?;
    let asker = rows.iter().find(|row| row.id == agent.id).cloned();
    let asker = asker.ok_or(ApiError::Unauthenticated)?;
    let seen: Vec<InboxId> = settings.inboxes.iter().map(|inbox| inbox.id).collect();
    let seen: Vec<InboxId> =
        seen.into_iter().filter(|inbox| settings.may_see(*inbox, &asker)).collect();
    rows.retain(|row| !row.is_deactivated());
    rows.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
    let mut hours: HashMap<AgentId, WorkingHours> = HashMap::new();
    for row in app.store.all_working_hours().await? {
        hours.insert(row.agent, row.hours);
    }
    let now_ms = clock::now_ms();
    let colleague = |id: AgentId| {
        let is_member = |inbox: &InboxId| settings.is_member(*inbox, id);
        let inboxes: Vec<InboxId> = seen.iter().copied().filter(is_member).collect();
        let hours = hours.get(&id).and_then(|hours| today(hours, now_ms));
        (!inboxes.is_empty()).then_some(Colleague { id, inboxes, hours })
    };
    let colleagues = rows.iter().filter_map(|row| colleague(row.id)).collect();
    Ok(private(Colleagues { colleagues }))
}

/// Hours that were emptied again are none; so are those in the words of a newer release.
fn today(hours: &WorkingHours, now_ms: i64) -> Option<HoursToday> {
    if hours.weekly.is_empty() && hours.out_of_office.is_empty() {
        return None;
    }
    let today = Hours::of_agent(hours).ok()?.today(now_ms);
    let time_zone = hours.time_zone.clone();
    Some(HoursToday { time_zone, rows: today.rows, out_until: today.out_until })
}
