// The whole console: looks for a session, then shows the sign-in page or the desk.

import { useEffect, useState } from 'preact/hooks';
import type { Session } from '../../shared/protocol';
import { currentSession } from '../desk/rest';
import { DeskPage } from './desk-page';
import { SignIn } from './sign-in';

type Phase =
  | { readonly kind: 'looking' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'signed-out'; readonly ended: boolean }
  | { readonly kind: 'signed-in'; readonly session: Session };

export function App() {
  const [phase, setPhase] = useState<Phase>({ kind: 'looking' });
  useEffect(() => {
    if (phase.kind === 'looking') void look().then(setPhase);
  }, [phase]);
  switch (phase.kind) {
    case 'looking':
      return <p class="hidden-text">Loading…</p>;
    case 'unreachable':
      return <Unreachable again={() => setPhase({ kind: 'looking' })} />;
    case 'signed-out':
      return (
        <SignIn
          ended={phase.ended}
          onSignedIn={(session) => setPhase({ kind: 'signed-in', session })}
        />
      );
    case 'signed-in':
      return (
        <DeskPage
          key={phase.session.agent}
          session={phase.session}
          onSignedOut={(ended) => setPhase({ kind: 'signed-out', ended })}
        />
      );
  }
}

async function look(): Promise<Phase> {
  const answer = await currentSession();
  switch (answer.kind) {
    case 'ok':
      return { kind: 'signed-in', session: answer.value };
    case 'problem':
      return answer.problem.status === 401
        ? { kind: 'signed-out', ended: false }
        : { kind: 'unreachable' };
    case 'unreachable':
      return { kind: 'unreachable' };
  }
}

function Unreachable({ again }: { again: () => void }) {
  return (
    <main class="sign-in">
      <section class="sign-in-card" role="alert">
        <h1>The node cannot be reached</h1>
        <p>Check your connection. If it is fine, the node may be restarting.</p>
        <button type="button" class="button primary" onClick={again}>
          Try again
        </button>
      </section>
    </main>
  );
}
