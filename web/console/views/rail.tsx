// The left rail: oneself with the Available/Away switch, the pages, the team, and some tools.

import { statusOf, type DeskState } from '../state/desk';
import { loadWords, reachOf } from '../state/team';
import { Avatar } from './avatar';
import { useDesk } from './desk-page';
import { BellIcon, LeaveIcon, Mark, SoundIcon } from './icons';
import { Pages } from './pages';
import { TeamList } from './team-list';

export function Rail({ state, onLeave }: { state: DeskState; onLeave: () => void }) {
  return (
    <nav class="rail" aria-label="You, the pages and the team">
      <div class="rail-brand">
        <Mark />
        <span class="rail-word">Salotto</span>
      </div>
      <Me state={state} />
      <Pages state={state} />
      <TeamList team={state.team} me={state.session.agent} />
      <Tools state={state} onLeave={onLeave} />
    </nav>
  );
}

function Me({ state }: { state: DeskState }) {
  const desk = useDesk();
  const { session, team } = state;
  const available = statusOf(state) === 'available';
  const line = team.get(session.agent);
  return (
    <section class="me" aria-label="You">
      <div class="me-name">
        <Avatar name={session.name} reach={line === undefined ? 'absent' : reachOf(line)} />
        <span class="rail-text">
          <strong dir="auto">{session.name}</strong>
          {line !== undefined && (
            <span class="faint">{loadWords(line.active, line.capacity)}</span>
          )}
        </span>
      </div>
      <button
        type="button"
        class="status-switch"
        role="switch"
        aria-checked={available}
        aria-label="Available for new chats"
        title={available ? 'New chats are assigned to you' : 'No new chats are assigned to you'}
        onClick={() => desk.setStatus(available ? 'away' : 'available')}
      >
        <span class="status-track" aria-hidden="true" />
        <span class="rail-text">{available ? 'Available' : 'Away'}</span>
      </button>
    </section>
  );
}

function Tools({ state, onLeave }: { state: DeskState; onLeave: () => void }) {
  const desk = useDesk();
  const { muted, alerts } = state;
  return (
    <div class="rail-tools">
      {alerts === 'default' && (
        <button
          type="button"
          class="rail-tool"
          onClick={() => void desk.askForAlerts()}
          title="Turn on desktop alerts"
        >
          <BellIcon />
          <span class="rail-text">Turn on desktop alerts</span>
        </button>
      )}
      <button
        type="button"
        class="rail-tool"
        aria-pressed={muted}
        onClick={() => desk.setMuted(!muted)}
        title={muted ? 'Sound is off' : 'Sound is on'}
      >
        <SoundIcon muted={muted} />
        <span class="rail-text">{muted ? 'Sound is off' : 'Sound is on'}</span>
      </button>
      <button type="button" class="rail-tool" onClick={onLeave} title="Sign out">
        <LeaveIcon />
        <span class="rail-text">Sign out</span>
      </button>
    </div>
  );
}
