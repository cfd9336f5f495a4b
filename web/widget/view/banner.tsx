// Trouble with the line, said calmly, and only when it lasts.

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { ChatState } from '../chat';
import { WORDS } from '../words';

/** A line that comes back sooner was never missed. */
const TROUBLE_AFTER_MS = 1_200;

interface Props {
  state: ChatState;
  onReconnect(): void;
}

export function Banner({ state, onReconnect }: Props): JSX.Element {
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
      {state.line === 'stopped' && (
        <button type="button" onClick={onReconnect}>
          {WORDS.retry}
        </button>
      )}
    </div>
  );
}

function troubleOf(state: ChatState): string {
  if (state.line === 'stopped') return WORDS.stopped;
  if (!navigator.onLine) return WORDS.offline;
  return state.welcomed ? WORDS.reconnecting : WORDS.connecting;
}
