// Where the visitor's conversation stands in the queue, as long as it waits. No I/O.

import type { ConversationSummary, QueuePlace, ServerFrame } from '../shared/protocol';

type QueueFrame = Extract<ServerFrame, { type: 'queue' }>;

export class Queueing {
  #conversation: string | undefined;
  #place: QueuePlace | undefined;

  /** A new line: the node says it again with the attach. */
  begin(): void {
    this.#place = undefined;
  }

  heard({ conversation, position, at_least, expected_wait_ms }: QueueFrame): void {
    this.#conversation = conversation;
    this.#place = position === undefined ? undefined : place(position, at_least, expected_wait_ms);
  }

  /** Nothing as soon as somebody has it: the node says no more of it then. */
  placeOf(summary: ConversationSummary | undefined): QueuePlace | undefined {
    const waits = summary?.state === 'waiting' && summary.assignee === null;
    return waits && summary.id === this.#conversation ? this.#place : undefined;
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
