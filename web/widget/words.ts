// Every word that the widget says of its own, in one place, so that a language is one more table.

import type { NoteRow } from './timeline';
import type { AvailabilityNow, QueuePlace, ReplyTime } from '../shared/protocol';

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
  byMail: {
    label: 'Answer by e-mail',
    field: 'Your e-mail address',
    ask: 'Answer by e-mail',
    sending: 'Sending…',
    promised: 'We will answer by e-mail. You can close this page.',
    wrong: 'This is not a complete e-mail address.',
  },
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

/** "You are number 3 in the queue, about 4 minutes" */
export function queueWords({ position, at_least, expected_wait_ms }: QueuePlace): string {
  if (at_least) return `More than ${position - 1} people are before you in the queue`;
  const where = position === 1 ? 'You are next' : `You are number ${position} in the queue`;
  return expected_wait_ms === undefined ? where : `${where}, ${waitWords(expected_wait_ms)}`;
}

/** What is asked of who would wait too long, unless the chatflow has words of its own. */
export function offerWords(place: QueuePlace | undefined): string {
  const ms = place?.at_least ? undefined : place?.expected_wait_ms;
  const time = ms === undefined ? 'a while' : waitWords(ms);
  return `It may take ${time}. Shall we answer by e\u2011mail?`;
}

export function promiseFailure(code: string): string {
  if (code === 'conflict' || code === 'closed') return 'This is not possible any more.';
  return code === 'bad_field' ? WORDS.byMail.wrong : 'Not sent. Please try again.';
}

function waitWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return 'less than a minute';
  if (minutes === 1) return 'about a minute';
  if (minutes < 90) return `about ${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours > 24 ? 'more than a day' : `about ${hours} hours`;
}

export function noteWords(row: NoteRow): string {
  switch (row.note) {
    case 'joined':
      return `${row.name} joined`;
    case 'closed':
      return 'Conversation closed';
    case 'reopened':
      return 'Conversation reopened';
    case 'promised':
      return 'Answer by e-mail promised';
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
