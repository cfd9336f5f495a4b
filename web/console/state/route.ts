// Where the console is, as the address' fragment says it: `#/mine/018f…`. Pure.

import type { ConversationId } from '../../shared/protocol';
import { TABS, type Tab } from './board';

export interface Place {
  readonly tab: Tab;
  readonly open: ConversationId | null;
}

export const START: Place = { tab: 'waiting', open: null };

const CONVERSATION = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** Anything unknown in the fragment is answered with the start: an address may be typed. */
export function placeOf(fragment: string): Place {
  const [, word, id] = fragment.replace(/^#/u, '').split('/');
  const tab = TABS.find((each) => each === word);
  if (tab === undefined) return START;
  return { tab, open: id !== undefined && CONVERSATION.test(id) ? id : null };
}

export function fragmentOf(place: Place): string {
  return place.open === null ? `#/${place.tab}` : `#/${place.tab}/${place.open}`;
}
