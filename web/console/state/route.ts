// Where the console is, as the address' fragment says it: `#/mine/018f…`, `#/settings/users`. Pure.

import type { ConversationId } from '../../shared/protocol';
import { TABS, type Tab } from './board';

/** Among the conversations. */
export interface Place {
  readonly tab: Tab;
  readonly open: ConversationId | null;
}

export const SECTIONS = ['users', 'teams', 'skills', 'capacity', 'inboxes'] as const;
export type Section = (typeof SECTIONS)[number];

/** `item`: the id of what is edited, or `new`. */
export type Screen =
  | { readonly kind: 'desk' }
  | { readonly kind: 'colleagues' }
  | { readonly kind: 'live' }
  | { readonly kind: 'settings'; readonly section: Section | null; readonly item: string | null };

export const START: Place = { tab: 'waiting', open: null };
export const DESK: Screen = { kind: 'desk' };
/** As an item: one that is not there yet. */
export const NEW = 'new';

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** Anything unknown in the fragment is answered with the start: an address may be typed. */
export function placeOf(fragment: string): Place {
  const [word, id] = partsOf(fragment);
  const tab = TABS.find((each) => each === word);
  if (tab === undefined) return START;
  return { tab, open: id !== undefined && ID.test(id) ? id : null };
}

export function fragmentOf(place: Place): string {
  return place.open === null ? `#/${place.tab}` : `#/${place.tab}/${place.open}`;
}

export function screenOf(fragment: string): Screen {
  const [word, second, third] = partsOf(fragment);
  switch (word) {
    case 'colleagues':
    case 'live':
      return { kind: word };
    case 'settings': {
      const section = SECTIONS.find((each) => each === second) ?? null;
      const isItem = section !== null && third !== undefined && (third === NEW || ID.test(third));
      return { kind: 'settings', section, item: isItem ? third : null };
    }
    default:
      return DESK;
  }
}

export function settingsFragment(section?: Section, item?: string): string {
  return ['#/settings', section, item].filter((part) => part !== undefined).join('/');
}

function partsOf(fragment: string): string[] {
  return fragment.replace(/^#\/?/u, '').split('/');
}
