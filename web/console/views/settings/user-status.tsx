// The head of a user's record (AV-35): status, today's hours, and who set the status.

import { useState } from 'preact/hooks';
import type { User, WorkingHours } from '../../../shared/people';
import type { AgentStatus } from '../../../shared/protocol';
import { isActive } from '../../state/people';
import { loadWords } from '../../state/team';
import { todayWords } from '../../state/today';
import { fullTime } from '../../state/words';
import { Avatar } from '../avatar';
import { complaintOf } from '../../state/problems';
import { useSettings } from './context';

interface Props {
  user: User;
  hours: WorkingHours | null;
  mayEditHours: boolean;
}

export function UserStatus({ user, hours, mayEditHours }: Props) {
  const { state, roster, me } = useSettings();
  const setter = roster.users.find((each) => each.id === user.status_by);
  if (user.deactivated_at_ms !== null) {
    return (
      <section class="card user-head" aria-label="Status">
        <Avatar name={user.name} />
        <p>
          <span class="tag">Deactivated</span> since {fullTime(user.deactivated_at_ms)}.
        </p>
      </section>
    );
  }
  return (
    <section class="card user-head" aria-label="Status">
      <Avatar name={user.name} reach={user.status === 'away' ? 'away' : 'available'} />
      <div class="user-facts">
        <StatusChoice user={user} />
        {setter !== undefined && setter.id !== user.id && (
          <p class="faint" dir="auto">
            Set by {setter.id === me?.id ? 'you' : setter.name}
          </p>
        )}
      </div>
      <div class="user-facts">
        <strong>{hours === null ? 'Working hours' : todayWords(hours, state.now_ms)}</strong>
        <a
          class="link-button"
          href="#hours"
          onClick={(event) => {
            event.preventDefault();
            toHours();
          }}
        >
          {mayEditHours ? 'Edit working hours' : 'See working hours'}
        </a>
      </div>
      <p class="faint">
        {loadWords(user.active, user.capacity)}
        {!user.present && ', not signed in'}
      </p>
    </section>
  );
}

/** The fragment is the console's own place, so the jump is made by hand. */
function toHours(): void {
  const card = document.getElementById('hours');
  card?.scrollIntoView({ block: 'start' });
  card?.querySelector<HTMLElement>('select, button, input')?.focus({ preventScroll: true });
}

/** PERM-8: one's own, or with the permission anybody's. */
function StatusChoice({ user }: { user: User }) {
  const { rest, me, may, reload } = useSettings();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const allowed = isActive(user) && (user.id === me?.id || may('availability_management'));
  if (!allowed) return <strong>{user.status === 'available' ? 'Available' : 'Away'}</strong>;
  const choose = async (status: AgentStatus): Promise<void> => {
    setBusy(true);
    setError(null);
    const answer = await rest.setStatus(user.id, status);
    if (answer.kind === 'ok') await reload();
    if (answer.kind === 'problem') setError(complaintOf(answer.problem));
    if (answer.kind === 'unreachable') setError('The node cannot be reached. Try again.');
    setBusy(false);
  };
  const available = user.status === 'available';
  return (
    <>
      <button
        type="button"
        class="status-switch"
        role="switch"
        aria-checked={available}
        aria-label={`${user.name} is available for new chats`}
        disabled={busy}
        onClick={() => void choose(available ? 'away' : 'available')}
      >
        <span class="status-track" aria-hidden="true" />
        <span>{available ? 'Available' : 'Away'}</span>
      </button>
      {error !== null && (
        <p class="form-error" role="alert">
          {error}
        </p>
      )}
    </>
  );
}
