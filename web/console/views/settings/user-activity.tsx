// Deactivating an account and taking it back, after saying what happens to the chats in hand.

import { useState } from 'preact/hooks';
import type { User } from '../../../shared/people';
import { deactivationWords, hasPermission, isActive } from '../../state/people';
import { complaintOf } from '../../state/problems';
import { Confirm } from '../form/confirm';
import { useSettings } from './context';

export function UserActivity({ user }: { user: User }) {
  const { rest, reload, may } = useSettings();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  if (hasPermission(user, 'super_admin') && !may('super_admin')) return null;
  const active = isActive(user);
  const change = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    const answer = await rest.changeUser(user.id, { deactivated: active });
    if (answer.kind === 'ok') await reload();
    if (answer.kind === 'problem') setError(complaintOf(answer.problem));
    if (answer.kind === 'unreachable') setError('The node cannot be reached. Try again.');
    setBusy(false);
    setAsking(false);
  };
  return (
    <section class="card" aria-labelledby="activity-title">
      <h2 id="activity-title">{active ? 'Deactivate' : 'Reactivate'}</h2>
      <p class="card-about">
        {active
          ? 'A deactivated user cannot sign in and is given no chats. What they wrote stays.'
          : 'They can sign in again with their password, and are given chats when Available.'}
      </p>
      {error !== null && (
        <p class="form-error" role="alert">
          {error}
        </p>
      )}
      <div>
        <button
          type="button"
          class={active ? 'button danger-quiet' : 'button'}
          onClick={() => setAsking(true)}
        >
          {active ? 'Deactivate user' : 'Reactivate user'}
        </button>
      </div>
      {asking && (
        <Confirm
          title={active ? `Deactivate ${user.name}?` : `Reactivate ${user.name}?`}
          action={active ? 'Deactivate' : 'Reactivate'}
          danger={active}
          busy={busy}
          onConfirm={() => void change()}
          onCancel={() => setAsking(false)}
        >
          {active ? (
            deactivationWords(user).map((words) => <p key={words}>{words}</p>)
          ) : (
            <p>They keep their seat, permissions, teams and skills as they were.</p>
          )}
        </Confirm>
      )}
    </section>
  );
}
