// The sign-in page: e-mail, password, and a clear word when it does not work.

import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Problem, Session } from '../../shared/protocol';
import { signIn } from '../desk/rest';
import { Mark } from './icons';

interface Props {
  /** A session ended by itself, so somebody was in the middle of something. */
  ended: boolean;
  onSignedIn(session: Session): void;
}

export function SignIn({ ended, onSignedIn }: Props) {
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const wait = useCountdown();
  const password = useRef<HTMLInputElement>(null);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (busy || wait.seconds > 0) return;
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setError(null);
    const answer = await signIn(text(fields, 'email'), text(fields, 'password'));
    setBusy(false);
    switch (answer.kind) {
      case 'ok':
        onSignedIn(answer.value);
        return;
      case 'unreachable':
        setError('The node cannot be reached. Check your connection and try again.');
        return;
      case 'problem':
        setError(problemWords(answer.problem));
        if (answer.problem.code === 'rate_limited') {
          wait.start(Math.ceil((answer.problem.retry_after_ms ?? 30_000) / 1000));
        }
        password.current?.select();
    }
  };

  return (
    <main class="sign-in">
      <form class="sign-in-card" onSubmit={submit} aria-labelledby="sign-in-title">
        <div class="sign-in-brand">
          <Mark />
          <span>Salotto</span>
        </div>
        <h1 id="sign-in-title">Sign in to the console</h1>
        {ended && (
          <p class="sign-in-ended" role="status">
            Your session has ended. Unsent messages are kept and go out once you are back.
          </p>
        )}
        <Fields password={password} />
        <div role="alert">
          {error !== null && (
            <p class="sign-in-error">
              {error} {wait.seconds > 0 && `Try again in ${secondsWords(wait.seconds)}.`}
            </p>
          )}
        </div>
        <button class="button primary" type="submit" disabled={busy || wait.seconds > 0}>
          {busy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}

function Fields({ password }: { password: RefObject<HTMLInputElement | null> }) {
  return (
    <>
      <label>
        <span>E-mail</span>
        <input
          class="field"
          name="email"
          type="email"
          dir="ltr"
          autocomplete="username"
          required
          autofocus
        />
      </label>
      <label>
        <span>Password</span>
        <input
          ref={password}
          class="field"
          name="password"
          type="password"
          dir="ltr"
          autocomplete="current-password"
          required
        />
      </label>
    </>
  );
}

function problemWords(problem: Problem): string {
  switch (problem.code) {
    case 'unauthenticated':
      return 'E-mail and password do not match.';
    case 'rate_limited':
      return 'Too many attempts.';
    case 'bad_field':
      return 'That is not an e-mail address and a password.';
    case 'busy':
    case 'draining':
      return 'The node is busy right now. Try again in a moment.';
    default:
      return `Signing in did not work: ${problem.title}.`;
  }
}

function secondsWords(seconds: number): string {
  return seconds === 1 ? '1 second' : `${seconds} seconds`;
}

function text(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
}

function useCountdown(): { seconds: number; start(seconds: number): void } {
  const [seconds, start] = useState(0);
  useEffect(() => {
    if (seconds <= 0) return;
    const timer = setTimeout(() => start(seconds - 1), 1000);
    return () => clearTimeout(timer);
  }, [seconds]);
  return { seconds, start };
}
