// "Assign to…" of the open conversation.

import { useState } from 'preact/hooks';
import { standingOf } from '../state/actions';
import type { Conversation } from '../state/conversation';
import type { DeskState } from '../state/desk';
import { AgentMenu } from './agent-menu';
import { useDesk } from './desk-page';
import { HandOver } from './hand-over';

interface Props {
  state: DeskState;
  conversation: Conversation;
  disabled: boolean;
}

export function AssignMenu({ state, conversation, disabled }: Props) {
  const desk = useDesk();
  const [handsOver, setHandsOver] = useState(false);
  const standing = standingOf(state, conversation);
  return (
    <>
      <AgentMenu
        state={state}
        label="Assign to…"
        about="Assign to"
        assignee={standing.assignee}
        nobody
        disabled={disabled}
        onChoose={(to) => desk.assign(conversation.id, to)}
        chosenTeam={standing.team}
        onChooseTeam={(team) => desk.assignTeam(conversation.id, team)}
        more={{ label: moreLabel(state), onChoose: () => setHandsOver(true) }}
      />
      {handsOver && (
        <HandOver
          state={state}
          conversation={conversation}
          onDone={() => setHandsOver(false)}
        />
      )}
    </>
  );
}

function moreLabel(state: DeskState): string {
  return state.session.inboxes.length > 1 ? 'With a note, or to an inbox…' : 'With a note…';
}
