// The visitor's place in the queue: shown as it is, and spoken politely, not with every change.

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { ChatState } from '../chat';
import { queueWords } from '../words';

/** A reader of the screen is not interrupted more often; the first place is said at once. */
const SPOKEN_EVERY_MS = 30_000;

/** Beside the wait message: away, a place in the queue would promise what nobody keeps. */
export function Queue({ state }: { state: ChatState }): JSX.Element | null {
  const { place, now } = state;
  const isStaffed = now.availability === 'available' || now.availability === 'at_capacity';
  if (place === undefined || !isStaffed) return null;
  return <Place words={queueWords(place)} isNext={place.position === 1} />;
}

function Place({ words, isNext }: { words: string; isNext: boolean }): JSX.Element {
  const spoken = useSpoken(words, isNext);
  return (
    <div class="queue">
      <p aria-hidden="true">{words}</p>
      <p class="unseen" role="status">
        {spoken}
      </p>
    </div>
  );
}

/** What was said last; the newest words when their time has come. */
function useSpoken(words: string, isUrgent: boolean): string {
  const [spoken, setSpoken] = useState('');
  const saidAt = useRef(-SPOKEN_EVERY_MS);
  useEffect(() => {
    const say = () => {
      saidAt.current = performance.now();
      setSpoken(words);
    };
    const wait = saidAt.current + SPOKEN_EVERY_MS - performance.now();
    const timer = setTimeout(say, isUrgent ? 0 : Math.max(0, wait));
    return () => clearTimeout(timer);
  }, [words, isUrgent]);
  return spoken;
}
