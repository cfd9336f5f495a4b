// A time in few words; the full date and time on hover.

import { fullTime } from '../state/words';

export function Time({ atMs, text }: { atMs: number; text: string }) {
  return (
    <time dateTime={new Date(atMs).toISOString()} title={fullTime(atMs)}>
      {text}
    </time>
  );
}
