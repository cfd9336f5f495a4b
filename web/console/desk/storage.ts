// What the console remembers in this browser: unsent messages, drafts, what was seen, the mute.

import type { AgentId, ConversationId } from '../../shared/protocol';
import type { OutboxStorage } from '../../shared/outbox';
import { seenFromText, seenToText, type Seen } from '../state/seen';

const PREFIX = 'salotto.console';

/**
 * Unsent messages outlive the page and the browser. The key names the agent: what Ana left
 * unsent never leaves under Ben's name.
 */
export function outboxStorage(agent: AgentId): OutboxStorage {
  const prefix = `${PREFIX}.outbox.${agent}.`;
  return {
    async all(): Promise<string[]> {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
      return keys.map((key) => localStorage.getItem(key)).filter((json) => json !== null);
    },
    async put(id: string, json: string): Promise<void> {
      localStorage.setItem(prefix + id, json);
    },
    remove(id: string): void {
      localStorage.removeItem(prefix + id);
    },
  };
}

export type DraftKind = 'reply' | 'comment';

/** What stands in the composer belongs to this tab. */
export function draft(conversation: ConversationId, kind: DraftKind): string {
  return sessionStorage.getItem(`${PREFIX}.draft.${kind}.${conversation}`) ?? '';
}

export function keepDraft(conversation: ConversationId, kind: DraftKind, text: string): void {
  const key = `${PREFIX}.draft.${kind}.${conversation}`;
  if (text === '') sessionStorage.removeItem(key);
  else tried(() => sessionStorage.setItem(key, text));
}

export function keptSeen(agent: AgentId): Seen {
  return seenFromText(localStorage.getItem(`${PREFIX}.seen.${agent}`));
}

export function keepSeen(agent: AgentId, seen: Seen): void {
  tried(() => localStorage.setItem(`${PREFIX}.seen.${agent}`, seenToText(seen)));
}

export function keptMute(): boolean {
  return localStorage.getItem(`${PREFIX}.muted`) === 'yes';
}

export function keepMute(muted: boolean): void {
  tried(() => localStorage.setItem(`${PREFIX}.muted`, muted ? 'yes' : 'no'));
}

/** A full storage costs a convenience; the console goes on. */
function tried(write: () => void): void {
  try {
    write();
  } catch {
    // Full, or forbidden by the browser's settings.
  }
}
