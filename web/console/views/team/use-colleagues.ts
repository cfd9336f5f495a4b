// The list of colleagues as the node said last; asked again when a day or an hour may have turned.

import { useEffect, useState } from 'preact/hooks';
import type { Colleague } from '../../../shared/people';
import { colleagues } from '../../desk/floor';

/** Hours turn on the minute; access changes more seldom. */
const AGAIN_MS = 60_000;

export type Found =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly text: string; again(): void }
  | { readonly kind: 'ready'; readonly colleagues: readonly Colleague[] };

/** Once it was read, a failed read changes nothing: the next one may succeed. */
export function useColleagues(online: boolean): Found {
  const [found, setFound] = useState<Found>({ kind: 'loading' });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let wanted = true;
    const again = (): void => setTries((count) => count + 1);
    const read = async (): Promise<void> => {
      const answer = await colleagues();
      if (!wanted) return;
      switch (answer.kind) {
        case 'ok':
          setFound({ kind: 'ready', colleagues: answer.value.colleagues });
          return;
        case 'problem':
          setFound((before) => failed(before, `${answer.problem.title}.`, again));
          return;
        case 'unreachable':
          setFound((before) => failed(before, 'The node cannot be reached.', again));
      }
    };
    void read();
    const timer = setInterval(() => void read(), AGAIN_MS);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [tries, online]);
  return found;
}

function failed(before: Found, text: string, again: () => void): Found {
  return before.kind === 'ready' ? before : { kind: 'failed', text, again };
}
