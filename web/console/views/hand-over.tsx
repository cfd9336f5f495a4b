// Handing a conversation on with a note (AS-46), or to another inbox (AS-44).

import { useState } from 'preact/hooks';
import { standingOf } from '../state/actions';
import type { Conversation } from '../state/conversation';
import type { DeskState } from '../state/desk';
import { inOrder, reachOf, reachWords } from '../state/team';
import { givable } from '../state/teams';
import { cleaned, fitOf } from '../state/text-size';
import { useDesk } from './desk-page';
import { Confirm } from './form/confirm';
import { Field, SelectField, type Option } from './form/field';
import '../styles/form.css';

interface Props {
  state: DeskState;
  conversation: Conversation;
  onDone(): void;
}

export function HandOver({ state, conversation, onDone }: Props) {
  const desk = useDesk();
  const { people, teams, inboxes } = targets(state, conversation);
  const [to, setTo] = useState(people[0]?.value ?? teams[0]?.value ?? inboxes[0]?.value ?? '');
  const [note, setNote] = useState('');
  const toInbox = inboxes.some((option) => option.value === to);
  const toTeam = teams.some((option) => option.value === to);
  const tooLong = fitOf(note).kind === 'too_long';
  const confirm = (): void => {
    if (tooLong) return;
    if (toInbox) desk.move(conversation.id, to);
    else if (toTeam) desk.assignTeam(conversation.id, to, cleaned(note));
    else desk.assign(conversation.id, to, cleaned(note));
    onDone();
  };
  return (
    <Confirm
      title="Hand over"
      action={toInbox ? 'Move it' : 'Hand it over'}
      onConfirm={confirm}
      onCancel={onDone}
    >
      <SelectField
        label="To"
        value={to}
        options={[...people, ...teams, ...inboxes]}
        onValue={setTo}
      />
      {!toInbox && (
        <Field
          label="Note (optional)"
          help="An internal comment: the visitor does not see it."
          error={tooLong ? 'The note is too long.' : null}
        >
          {(wiring) => (
            <textarea
              {...wiring}
              class="field"
              dir="auto"
              rows={3}
              value={note}
              onInput={(event) => setNote(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
    </Confirm>
  );
}

interface Targets {
  readonly people: readonly Option<string>[];
  readonly teams: readonly Option<string>[];
  readonly inboxes: readonly Option<string>[];
}

/** Everybody but who has it, the other teams, and every inbox but the one it is in. */
function targets(state: DeskState, conversation: Conversation): Targets {
  const { assignee, team } = standingOf(state, conversation);
  const inbox = state.board.rows.get(conversation.id)?.inbox;
  const others = inOrder(state.team).filter((agent) => agent.id !== assignee);
  const people = others.map((agent) => {
    const name = agent.id === state.session.agent ? `${agent.name} (you)` : agent.name;
    return { value: agent.id, name: `${name}, ${reachWords(reachOf(agent))}` };
  });
  const teams = givable(state.teams).filter(({ id }) => id !== team);
  const elsewhere = state.session.inboxes.filter((each) => each.id !== inbox);
  return {
    people,
    teams: teams.map(({ id, name }) => ({ value: id, name: `The team ${name}` })),
    inboxes: elsewhere.map((each) => ({ value: each.id, name: `The inbox ${each.name}` })),
  };
}
