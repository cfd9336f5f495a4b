// One conversation in the list: who, the last words, since when, and who has it.

import { useMemo } from 'preact/hooks';
import { teamOf } from '../state/actions';
import { fragmentOf } from '../state/route';
import { isMissed, isWaiting, visitorLabel, type Row } from '../state/board';
import type { DeskState } from '../state/desk';
import { isUnread } from '../state/seen';
import { nameOf } from '../state/team';
import { teamWords } from '../state/teams';
import { duration, isLong, promisedWords, shortAge, stateName } from '../state/words';
import { Time } from './time';

interface Props {
  row: Row;
  state: DeskState;
  me: string;
  /** The one row that the Tab key reaches; arrows go on from there. */
  entrance: boolean;
}

/** Drawn again only when something in it changed: the list moves all the time. */
export function ListRow({ row, state, me, entrance }: Props) {
  const { place, now_ms, seen, team, teams } = state;
  const open = place.open === row.conversation;
  const unread = isUnread(seen, row) && !open;
  const group = teamOf(row);
  const name = row.assignee === null ? '' : nameOf(team, row.assignee);
  const owner = group === null ? ownerWords(row, me, name) : `For ${teamWords(teams, group)}`;
  return useMemo(
    () => (
      <li>
        <a
          class="row"
          href={fragmentOf({ tab: place.tab, open: row.conversation })}
          aria-current={open ? 'true' : undefined}
          tabIndex={entrance ? 0 : -1}
          data-unread={unread}
        >
          <span class="row-head">
            <span class="row-name">{visitorLabel(row.number)}</span>
            {unread && <span class="hidden-text">, unread</span>}
            <Time atMs={row.last_at_ms} text={shortAge(row.last_at_ms, now_ms)} />
          </span>
          <span class="row-preview" dir="auto">
            {row.preview_by === 'team' && <span class="row-by">Team: </span>}
            {row.preview || 'No message yet'}
          </span>
          <span class="row-foot">
            <Wait row={row} nowMs={now_ms} />
            <span dir="auto">{owner}</span>
            {promisedWords(row, now_ms) !== '' && (
              <span class="row-promised">{promisedWords(row, now_ms)}</span>
            )}
            {row.state === 'assigned' && row.preview_by === 'visitor' && (
              <span class="row-owed">Needs a reply</span>
            )}
          </span>
        </a>
      </li>
    ),
    [row, open, unread, owner, entrance, now_ms, place.tab],
  );
}

function Wait({ row, nowMs }: { row: Row; nowMs: number }) {
  if (!isWaiting(row)) return null;
  const waited = nowMs - (row.waiting_since_ms ?? row.started_at_ms);
  return (
    <span class="row-wait" data-long={isLong(waited)}>
      Waiting {duration(waited)}
    </span>
  );
}

function ownerWords(row: Row, me: string, name: string): string {
  switch (row.state) {
    case 'assigned':
      return row.assignee === me ? 'You' : name;
    case 'closed':
      return row.assignee === null ? 'Closed' : `Closed · ${row.assignee === me ? 'you' : name}`;
    case 'bot':
      return stateName(row.state);
    case 'waiting':
    case 'unassigned':
      return isMissed(row) ? 'Missed: the visitor has gone' : '';
  }
}
