// Who is writing just now. It has its own strip, so that it never moves the messages.

import type { Author } from '../../shared/protocol';
import type { Writer } from '../state/conversation';

export function Writing({ writers, me }: { writers: readonly Writer[]; me: string }) {
  const names = writers.map((writer) => nameOf(writer.by, me)).filter((name) => name !== null);
  return (
    <p class="writing" aria-live="off">
      {names.length > 0 && (
        <>
          <span class="writing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span dir="auto">
            {names.join(' and ')} {names.length === 1 ? 'is' : 'are'} writing…
          </span>
        </>
      )}
    </p>
  );
}

function nameOf(by: Author, me: string): string | null {
  switch (by.kind) {
    case 'visitor':
      return 'The visitor';
    case 'agent':
      return by.id === me ? null : by.name;
    case 'system':
      return null;
  }
}
