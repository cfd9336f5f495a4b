// What the loader should show while the widget is closed: the badge, the preview, the next page.

import type { Conversation } from './conversation';
import { unreadOf } from './marks';
import type { ToLoader } from '../shared/bridge';
import type { Entry } from '../shared/protocol';

export class Notices {
  #unread = 0;
  #talking: boolean | undefined;

  constructor(private readonly tell: (message: ToLoader) => void) {}

  /** Says what changed since the last time. */
  look(conversation: Conversation): void {
    if (conversation.summary === undefined) return;
    const count = unreadOf(conversation.log.entries, conversation.marks).length;
    if (conversation.caughtUp && count !== this.#unread) {
      this.#unread = count;
      this.tell({ type: 'unread', count, text: '', from: '' });
    }
    const talking = conversation.summary.state !== 'closed';
    if (talking === this.#talking) return;
    this.#talking = talking;
    this.tell({ type: 'talking', on: talking });
  }

  /** Live messages appear beside the launcher. */
  announce(conversation: Conversation, fresh: readonly Entry[]): void {
    const newest = fresh.findLast((it) => it.type === 'message' && it.by.kind === 'agent');
    if (newest?.type !== 'message' || newest.by.kind !== 'agent') return;
    const count = unreadOf(conversation.log.entries, conversation.marks).length;
    this.#unread = count;
    this.tell({ type: 'unread', count, text: newest.text, from: newest.by.name });
  }
}
