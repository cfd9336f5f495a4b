// Tells that the line to the node is down, and that nothing is lost meanwhile.

import { useEffect, useState } from 'preact/hooks';
import type { LineState } from '../../shared/line';
import { useDesk } from './desk-page';

/** A line that comes back by itself within this is not worth a word. */
const PATIENCE_MS = 1_200;

export function LineBanner({ line }: { line: LineState }) {
  const desk = useDesk();
  const late = useLate(line !== 'open');
  return (
    <div role="status">
      {late && line === 'stopped' && (
        <div class="banner">
          <span>This page no longer fits the node.</span>
          <button type="button" class="link-button" onClick={() => location.reload()}>
            Reload
          </button>
        </div>
      )}
      {late && (line === 'connecting' || line === 'waiting') && (
        <div class="banner">
          <span>Reconnecting… What you write is kept and goes out afterwards.</span>
          <button type="button" class="link-button" onClick={() => desk.reconnectNow()}>
            Try now
          </button>
        </div>
      )}
    </div>
  );
}

function useLate(down: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (!down) return;
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [down]);
  return late;
}
