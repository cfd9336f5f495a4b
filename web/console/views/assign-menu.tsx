// "Assign to…" of the open conversation.

import { standingOf } from '../state/actions';
import type { Conversation } from '../state/conversation';
import type { DeskState } from '../state/desk';
import { AgentMenu } from './agent-menu';
import { useDesk } from './desk-page';

interface Props {
  state: DeskState;
  conversation: Conversation;
  disabled: boolean;
}

export function AssignMenu({ state, conversation, disabled }: Props) {
  const desk = useDesk();
  return (
    <AgentMenu
      state={state}
      label="Assign to…"
      about="Assign to"
      assignee={standingOf(state, conversation).assignee}
      nobody
      disabled={disabled}
      onChoose={(to) => desk.assign(conversation.id, to)}
    />
  );
}
