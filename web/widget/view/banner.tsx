// Trouble with the line, said calmly, and only when it lasts.

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { ChatState } from '../chat';
import { WORDS } from '../words';

/** A line that comes back sooner was never missed. */
const TROUBLE_AFTER_MS = 1_200;

export function Banner({ state }: { state: ChatState }): JSX.Element {
  const isOpen = state.line === 'open';
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    if (isOpen) return setLasts(false);
    const timer = setTimeout(() => setLasts(true), TROUBLE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isOpen]);
  const words = troubleOf(state);
  const shows = state.line === 'stopped' || (lasts && !isOpen);
  return (
    <div class="banner" role="status" data-line={state.line}>
      {shows && <p>{words}</p>}
    </div>
  );
}

function troubleOf(state: ChatState): string {
  if (state.line === 'stopped') return WORDS.stopped;
  if (!navigator.onLine) return WORDS.offline;
  return state.welcomed ? WORDS.reconnecting : WORDS.connecting;
}
