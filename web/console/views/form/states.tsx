// What a page shows while it loads, when it cannot, and when there is nothing.

import type { ComponentChildren } from 'preact';

export function Loading() {
  return (
    <p class="empty" role="status">
      Loading…
    </p>
  );
}

export function Failed({ text, onAgain }: { text: string; onAgain: () => void }) {
  return (
    <div class="empty failed-page" role="alert">
      <p>{text}</p>
      <button type="button" class="button" onClick={onAgain}>
        Try again
      </button>
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}
