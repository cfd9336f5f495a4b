// The head of the open conversation: whose it is, and what can be done with it.

import { actionsOf, standingOf, type Standing } from '../state/actions';
import { visitorLabel } from '../state/board';
import type { Conversation } from '../state/conversation';
import type { DeskState } from '../state/desk';
import { nameOf } from '../state/team';
import { teamWords } from '../state/teams';
import { stateName } from '../state/words';
import { AssignMenu } from './assign-menu';
import { useDesk } from './desk-page';
import { BackIcon, CheckIcon, InfoIcon } from './icons';

interface Props {
  state: DeskState;
  conversation: Conversation;
  factsShown: boolean;
  onFacts(shown: boolean): void;
}

export function ConversationHead({ state, conversation, factsShown, onFacts }: Props) {
  const desk = useDesk();
  const standing = standingOf(state, conversation);
  return (
    <header class="head">
      <button
        type="button"
        class="icon-button head-back"
        aria-label="Back to the list"
        onClick={() => desk.open(null)}
      >
        <BackIcon />
      </button>
      <div class="head-who">
        <h1>{standing.number === null ? 'Visitor' : visitorLabel(standing.number)}</h1>
        {standing.state !== null && (
          <p class="faint" dir="auto">
            <span class="chip" data-state={standing.state}>
              {stateName(standing.state)}
            </span>
            {ownerWords(state, standing)}
          </p>
        )}
      </div>
      <Buttons state={state} conversation={conversation} />
      <button
        type="button"
        class="icon-button head-facts"
        aria-label="About this visitor"
        aria-pressed={factsShown}
        onClick={() => onFacts(!factsShown)}
      >
        <InfoIcon />
      </button>
    </header>
  );
}

function Buttons({ state, conversation }: Pick<Props, 'state' | 'conversation'>) {
  const desk = useDesk();
  const { id } = conversation;
  const actions = actionsOf(state, conversation);
  return (
    <div class="head-buttons" aria-busy={actions.busy}>
      {actions.take && (
        <button
          type="button"
          class="button primary"
          disabled={actions.busy}
          onClick={() => desk.assign(id, state.session.agent)}
        >
          Take it
        </button>
      )}
      {actions.assign && (
        <AssignMenu state={state} conversation={conversation} disabled={actions.busy} />
      )}
      {actions.close && (
        <button
          type="button"
          class="button"
          disabled={actions.busy}
          onClick={() => desk.close(id)}
        >
          <CheckIcon />
          Close
        </button>
      )}
      {actions.reopen && (
        <button
          type="button"
          class="button"
          disabled={actions.busy}
          onClick={() => desk.reopen(id)}
        >
          Reopen
        </button>
      )}
    </div>
  );
}

/** A closed conversation has only had somebody. */
function ownerWords(desk: DeskState, { state, assignee, team }: Standing): string {
  if (team !== null) return `for ${teamWords(desk.teams, team)}`;
  const was = state === 'closed' ? 'was ' : '';
  if (assignee === null) return was === '' ? 'with nobody' : '';
  const name = assignee === desk.session.agent ? 'you' : nameOf(desk.team, assignee);
  return `${was}with ${name}`;
}
