// Every word that the widget says of its own, in one place, so that a language is one more table.

import type { NoteRow } from './timeline';
import type { AvailabilityNow, ReplyTime } from '../shared/protocol';

export const WORDS = {
  close: 'Close chat',
  log: 'Conversation',
  write: 'Write a message…',
  writeAgain: 'Write to reopen the chat…',
  send: 'Send',
  newMessages: 'New messages',
  today: 'Today',
  yesterday: 'Yesterday',
  state: {
    sending: 'Sending…',
    sent: 'Sent',
    delivered: 'Delivered',
    read: 'Read',
    failed: 'Not sent',
  },
  retry: 'Try again',
  discard: 'Delete',
  connecting: 'Connecting…',
  reconnecting: 'Connection lost. Reconnecting…',
  offline: 'You are offline. Messages leave when you are back.',
  stopped: 'The chat is not available here at the moment.',
  loading: 'Loading your conversation',
  team: 'The team',
};

/** Under the heading, while no agent has the conversation. */
export function availabilityWords(now: AvailabilityNow): string {
  if (looksAvailable(now)) return now.reply_time ? REPLY_TIMES[now.reply_time] : 'We are online';
  switch (now.availability) {
    case 'at_capacity':
      return 'We will be with you soon';
    case 'available':
    case 'away':
    case 'offline':
      return 'We are away right now';
  }
}

/** A chatflow that shows nothing while nobody is there looks as if somebody were (AV-25). */
export function looksAvailable({ availability, launcher, notice }: AvailabilityNow): boolean {
  return availability === 'available' || (notice === undefined && launcher !== 'hidden');
}

const REPLY_TIMES: Record<ReplyTime, string> = {
  few_minutes: 'Typically replies in a few minutes',
  few_hours: 'Typically replies in a few hours',
  day: 'Typically replies within a day',
};

export function noteWords(row: NoteRow): string {
  switch (row.note) {
    case 'joined':
      return `${row.name} joined`;
    case 'closed':
      return 'Conversation closed';
    case 'reopened':
      return 'Conversation reopened';
  }
}

export function withYou(name: string): string {
  return `${name} is with you`;
}

export function isTyping(name: string): string {
  return `${name} is typing`;
}

export function bytesLeft(left: number): string {
  return left >= 0 ? `${left} bytes left` : `${-left} bytes too long`;
}

export function failure(code: string | undefined): string {
  switch (code) {
    case 'too_large':
    case 'bad_field':
      return 'Not sent: too long.';
    case 'forbidden':
    case 'wrong_site':
      return 'Not sent: not allowed here.';
    default:
      return 'Not sent.';
  }
}

/** The hour and minute, as the visitor's own settings write them. */
export function timeWords(at_ms: number): string {
  return new Date(at_ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

export function dayWords(at_ms: number, now: number): string {
  const day = new Date(at_ms).toDateString();
  if (day === new Date(now).toDateString()) return WORDS.today;
  if (day === new Date(now - 24 * 60 * 60_000).toDateString()) return WORDS.yesterday;
  const isThisYear = new Date(at_ms).getFullYear() === new Date(now).getFullYear();
  const parts = isThisYear ? ({ weekday: 'long' } as const) : ({ year: 'numeric' } as const);
  return new Date(at_ms).toLocaleDateString('en', { month: 'long', day: 'numeric', ...parts });
}

/** Two letters for the round picture. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const first = [...(words[0] ?? '')][0] ?? '?';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toLocaleUpperCase();
}
