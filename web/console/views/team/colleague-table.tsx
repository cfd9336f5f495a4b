// The table of colleagues; on a phone each one is a card.

import { useState } from 'preact/hooks';
import type { AgentStatus } from '../../../shared/protocol';
import { hoursWords, type ColleagueRow } from '../../state/colleagues';
import type { DeskState } from '../../state/desk';
import { may } from '../../state/may';
import { loadWords, nameOf, reachOf } from '../../state/team';
import { Avatar } from '../avatar';
import { useDesk } from '../desk-page';

/** Rows drawn at first, and added at a press: a large team stays light. */
const ROWS_STEP = 100;

interface Props {
  state: DeskState;
  rows: readonly ColleagueRow[];
  filtered: boolean;
}

export function ColleagueTable({ state, rows, filtered }: Props) {
  const [shown, setShown] = useState(ROWS_STEP);
  if (rows.length === 0) {
    return (
      <p class="empty">
        {filtered ? 'Nobody fits these filters.' : 'Nobody has access to your inboxes.'}
      </p>
    );
  }
  const inboxes = state.session.inboxes.length > 1;
  return (
    <>
      <table class="team-table">
        <thead>
          <tr>
            <th scope="col">Colleague</th>
            <th scope="col">Status</th>
            <th scope="col">Connection</th>
            <th scope="col">Chats</th>
            <th scope="col">Hours today</th>
            {inboxes && <th scope="col">Inboxes</th>}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map((row) => (
            <ColleagueLine key={row.agent.id} state={state} row={row} inboxes={inboxes} />
          ))}
        </tbody>
      </table>
      {rows.length > shown && (
        <button type="button" class="button more" onClick={() => setShown(shown + ROWS_STEP)}>
          Show more ({rows.length - shown})
        </button>
      )}
    </>
  );
}

interface LineProps {
  state: DeskState;
  row: ColleagueRow;
  inboxes: boolean;
}

function ColleagueLine({ state, row, inboxes }: LineProps) {
  const { agent, hours } = row;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const names = state.session.inboxes.filter((inbox) => row.inboxes.includes(inbox.id));
  return (
    <tr data-agent={agent.id}>
      <th scope="row">
        <span class="team-who">
          <Avatar name={agent.name} reach={reachOf(agent)} small />
          <span dir="auto">
            {agent.name}
            {agent.id === state.session.agent && ' (you)'}
          </span>
        </span>
      </th>
      <td>
        <Status state={state} row={row} />
      </td>
      <td data-name="Connection" class={agent.present ? '' : 'faint'}>
        {agent.present ? 'Signed in' : 'Not signed in'}
      </td>
      <td data-name="Chats" class="figures">
        {loadWords(agent.active, agent.capacity)}
      </td>
      <td data-name="Hours today" class={hours === null ? 'faint' : 'figures'}>
        {hoursWords(hours, zone)}
      </td>
      {inboxes && (
        <td data-name="Inboxes" dir="auto">
          {names.map((inbox) => inbox.name).join(', ')}
        </td>
      )}
    </tr>
  );
}

/** Everybody sees it; oneself and who has the permission change it (PERM-8, AV-31). */
function Status({ state, row }: Pick<LineProps, 'state' | 'row'>) {
  const desk = useDesk();
  const { agent } = row;
  const own = agent.id === state.session.agent;
  const by = agent.status_by ?? undefined;
  return (
    <span class="team-status">
      {own || may(state.session, 'availability_management') ? (
        <select
          class="field"
          aria-label={`Status of ${agent.name}`}
          data-status={agent.status}
          value={agent.status}
          onChange={(event) => {
            const wanted = event.currentTarget.value as AgentStatus;
            // Until the node has said so, it stays what it was.
            event.currentTarget.value = agent.status;
            if (own) desk.setStatus(wanted);
            else void desk.setStatusOf(agent.id, wanted);
          }}
        >
          <option value="available">Available</option>
          <option value="away">Away</option>
        </select>
      ) : (
        <span>{agent.status === 'available' ? 'Available' : 'Away'}</span>
      )}
      {by !== undefined && (
        <span class="faint" dir="auto">
          set by {by === state.session.agent ? 'you' : nameOf(state.team, by)}
        </span>
      )}
    </span>
  );
}
