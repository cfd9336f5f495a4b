// What rows of the live view share: the last words, and taking or giving it without opening it.

import { hasPendingAction, teamOf } from '../../state/actions';
import { visitorLabel, type Row } from '../../state/board';
import type { DeskState } from '../../state/desk';
import { teamWords, type Teams } from '../../state/teams';
import { promisedWords } from '../../state/words';
import { AgentMenu } from '../agent-menu';
import { useDesk } from '../desk-page';

interface Props {
  state: DeskState;
  row: Row;
  /** Others have waited longer, and these may not be passed over. */
  barred?: boolean;
}

export function RowActions({ state, row, barred = false }: Props) {
  const desk = useDesk();
  const busy = hasPendingAction(state, row.conversation);
  const who = visitorLabel(row.number);
  const why = barred ? 'Others have waited longer' : undefined;
  return (
    <div class="row-actions" aria-busy={busy} title={why}>
      <button
        type="button"
        class="button"
        aria-label={`Take ${who}`}
        disabled={busy || barred}
        onClick={() => desk.assign(row.conversation, state.session.agent)}
      >
        Take
      </button>
      <AgentMenu
        state={state}
        label="Assign"
        about={`Assign ${who} to`}
        assignee={row.assignee}
        nobody={false}
        disabled={busy || barred}
        onChoose={(to) => desk.assign(row.conversation, to)}
        chosenTeam={teamOf(row)}
        onChooseTeam={(team) => desk.assignTeam(row.conversation, team)}
      />
    </div>
  );
}

interface WordsProps {
  row: Row;
  teams: Teams;
  nowMs: number;
}

/** What the visitor said last, the page where they began, and what they were promised. */
export function WordsAndPage({ row, teams, nowMs }: WordsProps) {
  const promised = promisedWords(row, nowMs);
  const team = teamOf(row);
  const whose = team === null ? '' : `For ${teamWords(teams, team)}`;
  const about = [whose, promised, row.page ?? ''].filter((text) => text !== '').join(' · ');
  return (
    <td class="live-words">
      <span dir="auto" title={row.preview}>
        {row.preview || 'No message yet'}
      </span>
      {about !== '' && (
        <span class="faint" dir="auto" title={about}>
          {about}
        </span>
      )}
    </td>
  );
}
