// Where the visitor's conversation stands in the queue, as long as it waits. No I/O.

import type { Offer } from './promise';
import type { ConversationSummary, QueuePlace, ServerFrame } from '../shared/protocol';

type QueueFrame = Extract<ServerFrame, { type: 'queue' }>;

export class Queueing {
  #conversation: string | undefined;
  #place: QueuePlace | undefined;
  #offer: Offer | undefined;

  /** A new line: the node says it again with the attach. */
  begin(): void {
    this.#place = undefined;
    this.#offer = undefined;
  }

  heard(frame: QueueFrame): void {
    const { conversation, position, at_least, expected_wait_ms } = frame;
    this.#conversation = conversation;
    this.#offer = frame.offer ? { text: frame.offer_text ?? '' } : undefined;
    this.#place = position === undefined ? undefined : place(position, at_least, expected_wait_ms);
  }

  /** Nothing as soon as somebody has it: the node says no more of it then. */
  placeOf(summary: ConversationSummary | undefined): QueuePlace | undefined {
    return this.#isAbout(summary) ? this.#place : undefined;
  }

  /** Of an answer by e-mail. */
  offerOf(summary: ConversationSummary | undefined): Offer | undefined {
    return this.#isAbout(summary) ? this.#offer : undefined;
  }

  #isAbout(summary: ConversationSummary | undefined): boolean {
    const waits = summary?.state === 'waiting' && summary.assignee === null;
    return waits && summary.id === this.#conversation;
  }
}

function place(
  position: number,
  at_least: boolean | undefined,
  expected_wait_ms: number | undefined,
): QueuePlace {
  return {
    position,
    ...(at_least !== undefined && { at_least }),
    ...(expected_wait_ms !== undefined && { expected_wait_ms }),
  };
}
