// The head of the pages about the team: their name, and the way from one to the other.

import type { ComponentChildren } from 'preact';
import type { DeskState } from '../../state/desk';
import { maySupervise } from '../../state/may';

interface Props {
  state: DeskState;
  here: 'colleagues' | 'live';
  children?: ComponentChildren;
}

export function TeamHead({ state, here, children }: Props) {
  const way = (kind: Props['here'], name: string) => (
    <a class="team-way" href={`#/${kind}`} aria-current={here === kind ? 'page' : undefined}>
      {name}
    </a>
  );
  return (
    <header class="team-head">
      <h1>{here === 'live' ? 'Live' : 'Colleagues'}</h1>
      {maySupervise(state.session) && (
        <nav class="team-ways" aria-label="Pages about the team">
          {way('colleagues', 'Colleagues')}
          {way('live', 'Live')}
        </nav>
      )}
      {children}
    </header>
  );
}

/** Of one inbox, or of all: only where there are several. */
export function InboxChoice({
  state,
  inbox,
  onInbox,
}: {
  state: DeskState;
  inbox: string | null;
  onInbox: (inbox: string | null) => void;
}) {
  const { inboxes } = state.session;
  if (inboxes.length < 2) return null;
  return (
    <select
      class="field team-choice"
      aria-label="Inbox"
      value={inbox ?? ''}
      onChange={(event) => onInbox(event.currentTarget.value || null)}
    >
      <option value="">All inboxes</option>
      {inboxes.map((each) => (
        <option key={each.id} value={each.id}>
          {each.name}
        </option>
      ))}
    </select>
  );
}
