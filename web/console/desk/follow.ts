// Keeps the node sending us the open conversation, and tells it how far we received and read.

import type { ClientFrame, ConversationId } from '../../shared/protocol';
import { cursorIn, newestOfVisitor, type Conversation, type Position } from '../state/conversation';

const NOTHING: Position = { delivered: 0, read: 0 };

export class Follow {
  #open = false;
  /** The conversation whose cursor went with the last `hello`: that attaches it as well. */
  #offered: ConversationId | null = null;
  #attached: ConversationId | null = null;
  #marked = NOTHING;

  constructor(private readonly send: (frame: ClientFrame) => boolean) {}

  get attached(): ConversationId | null {
    return this.#attached;
  }

  offered(conversation: ConversationId | null): void {
    this.#offered = conversation;
  }

  lineOpened(): void {
    this.#open = true;
    this.#attached = this.#offered;
    this.#marked = NOTHING;
  }

  lineClosed(): void {
    this.#open = false;
    this.#attached = null;
  }

  /** Attaches what is open and detaches what is not any more. */
  follow(conversation: Conversation | null): void {
    const wanted = conversation?.id ?? null;
    if (!this.#open || wanted === this.#attached) return;
    if (this.#attached !== null) this.send({ type: 'detach', conversation: this.#attached });
    this.#attached = wanted;
    if (conversation !== null) this.again(conversation);
  }

  /** After a gap, or a new window: from where we are now. */
  again(conversation: Conversation): void {
    if (conversation.id !== this.#attached) return;
    this.#marked = NOTHING;
    this.send({ type: 'attach', ...cursorIn(conversation) });
  }

  /** Delivered when it is here; read when somebody looks at it. Only what rises is sent. */
  mark(conversation: Conversation, looking: boolean): void {
    if (!this.#open || conversation.id !== this.#attached) return;
    const newest = newestOfVisitor(conversation);
    const { team } = conversation.marks;
    const delivered = Math.max(newest, team.delivered);
    const read = looking ? Math.max(newest, team.read) : team.read;
    const known = {
      delivered: Math.max(team.delivered, this.#marked.delivered),
      read: Math.max(team.read, this.#marked.read),
    };
    if (delivered <= known.delivered && read <= known.read) return;
    this.#marked = { delivered, read: Math.max(read, known.read) };
    this.send({ type: 'mark', conversation: conversation.id, ...this.#marked });
  }
}
