// The few pictures that the widget has.

import type { JSX } from 'preact';

export function SendIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M12 19V5.500M5.5 12L12 5.500l6.5 6.5" />
    </Icon>
  );
}

export function DownIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M5.5 9l6.5 6.500L18.5 9" />
    </Icon>
  );
}

export function ChatIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M4 12a7.5 7 0 1 1 4 6.200L4 19.500l1.2-3.200A6.6 6.6 0 0 1 4 12z" />
      <path d="M9 10.500h6M9 13.500h4" />
    </Icon>
  );
}

export function WaitIcon(): JSX.Element {
  return (
    <Icon>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7.500V12l3 2" />
    </Icon>
  );
}

/** One tick for sent, two for delivered; the second is filled with colour once read. */
export function TickIcon({ double }: { double: boolean }): JSX.Element {
  return (
    <Icon>
      <path d="M2.5 12.500l4.5 4.500L16 7.5" />
      {double && <path d="M11.5 16.500l.5.5 9.5-9.5" />}
    </Icon>
  );
}

function Icon({ children }: { children: JSX.Element | (JSX.Element | false)[] }): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      {children}
    </svg>
  );
}
