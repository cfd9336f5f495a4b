// Tells an agent at once that somebody else set their status, and offers to choose anew (PERM-8).

import { useEffect, useState } from 'preact/hooks';
import type { DeskState } from '../state/desk';
import { nameOf } from '../state/team';
import { useDesk } from './desk-page';

export function StatusAlert({ state }: { state: DeskState }) {
  const desk = useDesk();
  const mine = state.team.get(state.session.agent);
  const by = mine?.status_by ?? undefined;
  const said = by === undefined ? '' : `${by} ${mine?.status ?? ''}`;
  const [settled, setSettled] = useState('');
  // Set once more, it is told once more.
  useEffect(() => {
    if (said === '') setSettled('');
  }, [said]);
  if (mine === undefined || by === undefined || said === settled) return <div role="alert" />;
  const away = mine.status === 'away';
  return (
    <div role="alert">
      <div class="banner status-alert">
        <span dir="auto">
          {nameOf(state.team, by)} set you to {away ? 'Away' : 'Available'}.
          {away && ' Routing gives you no new chats.'}
        </span>
        <button
          type="button"
          class="button"
          onClick={() => desk.setStatus(away ? 'available' : 'away')}
        >
          Set myself to {away ? 'Available' : 'Away'}
        </button>
        <button type="button" class="link-button" onClick={() => setSettled(said)}>
          Leave it
        </button>
      </div>
    </div>
  );
}
