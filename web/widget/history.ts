// Reads what a socket would not send at once: pages of entries over HTTP.

import { takeEntries, type Log } from '../shared/log';
import { PAGE_ENTRIES_MAX, type EntryPage } from '../shared/protocol';

/** The log, as far as pages go; the next attach settles the rest. Rejects on a failing node. */
export async function catchUp(log: Log, token: string): Promise<Log> {
  let caught = log;
  for (;;) {
    const query = `after=${caught.last}&limit=${PAGE_ENTRIES_MAX}`;
    const url = `/api/v1/conversations/${caught.conversation}/entries?${query}`;
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`history answered ${answer.status}`);
    const page = (await answer.json()) as EntryPage;
    const taken = takeEntries(caught, page.epoch, page.entries);
    caught = taken.log;
    if (taken.gap || taken.fresh.length === 0 || !page.more) return caught;
  }
}
