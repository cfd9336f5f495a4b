// Tells the node how far the visitor has received and read: a few times a second at most.

import type { Conversation } from './conversation';
import { owedMark, withMark, type Marks } from './marks';
import type { MarkPair } from '../shared/protocol';

/** Marks that come close together go as one. */
const MARK_DELAY_MS = 150;

export interface ReporterPorts {
  conversation(): Conversation | undefined;
  /** Whether the visitor has the messages before their eyes. */
  looks(): boolean;
  /** False when the line is not open. */
  send(conversation: string, mark: MarkPair): boolean;
  onReported(): void;
}

export class MarkReporter {
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Said on this line, perhaps not heard: a new line says it again if the node did not. */
  #said: { conversation: string; mark: MarkPair } | undefined;

  constructor(private readonly ports: ReporterPorts) {}

  /** What the node knows, and what it will know. */
  marksOf({ id, marks }: Conversation): Marks {
    return this.#said?.conversation === id ? withMark(marks, this.#said.mark) : marks;
  }

  /** Something changed: perhaps there is more to report. */
  look(): void {
    if (this.#timer !== undefined || this.#owed() === undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const said = this.#owed();
      if (said === undefined || !this.ports.send(said.conversation, said.mark)) return;
      this.#said = said;
      this.ports.onReported();
    }, MARK_DELAY_MS);
  }

  lineClosed(): void {
    this.#said = undefined;
  }

  #owed(): { conversation: string; mark: MarkPair } | undefined {
    const conversation = this.ports.conversation();
    if (conversation === undefined) return undefined;
    const marks = this.marksOf(conversation);
    const mark = owedMark(marks, conversation.log.last, this.ports.looks());
    return mark && { conversation: conversation.id, mark };
  }
}
