// The console's own icons: 20 px, drawn in strokes of the text's colour, silent to readers.

import type { ComponentChildren } from 'preact';

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      width="18"
      height="18"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

/** The mark of Salotto: two seats at one table. */
export function Mark() {
  return (
    <svg class="mark" width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
      <rect class="mark-ground" width="32" height="32" rx="9" />
      <path
        class="mark-bubble"
        d="M8 10.5A3.5 3.5 0 0 1 11.5 7h9a3.5 3.5 0 0 1 3.5 3.5v6a3.5 3.5 0 0 1-3.5 3.5H15l-4.6
           4.1a.6.6 0 0 1-1-.45V19.8A3.5 3.5 0 0 1 8 16.5Z"
      />
      <circle class="mark-ground" cx="13" cy="13.6" r="1.7" />
      <circle class="mark-ground" cx="19" cy="13.6" r="1.7" />
    </svg>
  );
}

export const SearchIcon = () => (
  <Icon>
    <circle cx="9" cy="9" r="5.5" />
    <path d="m13.2 13.2 3.8 3.8" />
  </Icon>
);

export const BackIcon = () => (
  <Icon>
    <path class="flips" d="M12 4.5 6.5 10l5.5 5.5" />
  </Icon>
);

export const InfoIcon = () => (
  <Icon>
    <rect x="2.8" y="3.8" width="14.4" height="12.4" rx="2.5" />
    <path d="M12.3 4v12" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m5 5 10 10M15 5 5 15" />
  </Icon>
);

export const CheckIcon = () => (
  <Icon>
    <path d="m4 10.5 4 4 8-9" />
  </Icon>
);

export const SoundIcon = ({ muted }: { muted: boolean }) => (
  <Icon>
    <path d="M10 4 6.5 7H3.5v6h3L10 16Z" />
    {muted ? (
      <path d="m13 8 4 4m0-4-4 4" />
    ) : (
      <path d="M13 7.5a3.5 3.5 0 0 1 0 5M15 5a7 7 0 0 1 0 10" />
    )}
  </Icon>
);

export const BellIcon = () => (
  <Icon>
    <path d="M5 13.5V9a5 5 0 0 1 10 0v4.5l1.2 1.5H3.8ZM8.5 17.2h3" />
  </Icon>
);

export const LeaveIcon = () => (
  <Icon>
    <path class="flips" d="M8.5 16.5H5A1.5 1.5 0 0 1 3.5 15V5A1.5 1.5 0 0 1 5 3.5h3.5" />
    <path class="flips" d="M12.5 13.5 16 10l-3.5-3.5M16 10H8" />
  </Icon>
);

export const LockIcon = () => (
  <Icon>
    <rect x="4.5" y="9" width="11" height="7.5" rx="1.8" />
    <path d="M7 9V6.8a3 3 0 0 1 6 0V9" />
  </Icon>
);

export const ChevronIcon = () => (
  <Icon>
    <path d="m6 8 4 4 4-4" />
  </Icon>
);

export const DownIcon = () => (
  <Icon>
    <path d="M10 4v11M5.5 10.5 10 15l4.5-4.5" />
  </Icon>
);

export const CopyIcon = () => (
  <Icon>
    <rect x="7" y="7" width="9.5" height="9.5" rx="1.8" />
    <path d="M13 4.5A1.5 1.5 0 0 0 11.5 3.5H5A1.5 1.5 0 0 0 3.5 5v6.5A1.5 1.5 0 0 0 4.5 13" />
  </Icon>
);

export const ChatsIcon = () => (
  <Icon>
    <path
      d="M3.5 6A2.5 2.5 0 0 1 6 3.5h8A2.5 2.5 0 0 1 16.5 6v5a2.5 2.5 0 0 1-2.5 2.5H9.5L6 16.7v-3.2
        A2.5 2.5 0 0 1 3.5 11Z"
    />
  </Icon>
);

export const TeamIcon = () => (
  <Icon>
    <circle cx="7.5" cy="7" r="2.8" />
    <path d="M2.5 16c.3-2.8 2.3-4.4 5-4.4s4.7 1.6 5 4.400M13 4.600a2.6 2.6 0 0 1 0 4.900M15 12c1.5.7
      2.4 2.1 2.6 4" />
  </Icon>
);

export const GearIcon = () => (
  <Icon>
    <path d="M3 6h6.500M14.5 6H17M3 14h2.500M10.5 14H17" />
    <circle cx="12" cy="6" r="2.2" />
    <circle cx="8" cy="14" r="2.2" />
  </Icon>
);

export const PlusIcon = () => (
  <Icon>
    <path d="M10 4.500v11M4.5 10h11" />
  </Icon>
);

export const BinIcon = () => (
  <Icon>
    <path d="M4 6h12M8 6V4.200h4V6M5.5 6l.7 9.800h7.600L14.5 6M8.5 9v4M11.5 9v4" />
  </Icon>
);

/** How far an own message came: a clock, one tick, two ticks. */
export const DeliveryIcon = ({ steps }: { steps: 0 | 1 | 2 }) => (
  <svg
    width={steps === 2 ? 18 : 14}
    height="12"
    viewBox={steps === 2 ? '0 0 18 12' : '0 0 14 12'}
    fill="none"
    stroke="currentColor"
    stroke-width="1.5"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    {steps === 0 && <circle cx="7" cy="6" r="4.2" />}
    {steps === 0 && <path d="M7 3.8V6l1.4 1" />}
    {steps > 0 && <path d="m2.5 6.5 3 3 6-7" />}
    {steps > 1 && <path d="m8.5 8.5 1 1 6-7" />}
  </svg>
);
