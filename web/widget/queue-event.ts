// Tells the page where its visitor stands in the queue, whenever that is something else. No I/O.

import type { QueueDetail, ToLoader } from '../shared/bridge';
import type { QueuePlace } from '../shared/protocol';

const NOWHERE: QueueDetail = { position: null, at_least: false, expected_wait_ms: null };

export class QueueTeller {
  #told = JSON.stringify(NOWHERE);

  constructor(private readonly tell: (message: ToLoader) => void) {}

  look(place: QueuePlace | undefined): void {
    const detail = place === undefined ? NOWHERE : detailOf(place);
    const json = JSON.stringify(detail);
    if (json === this.#told) return;
    this.#told = json;
    this.tell({ type: 'queue', detail });
  }
}

function detailOf({ position, at_least, expected_wait_ms }: QueuePlace): QueueDetail {
  return { position, at_least: at_least === true, expected_wait_ms: expected_wait_ms ?? null };
}
