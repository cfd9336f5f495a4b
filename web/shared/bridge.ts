// What the loader (in the site's page) and the widget (in the node's iframe) tell each other.
//
// The loader opens a `MessageChannel` and posts one end, with an `Opening`, to the iframe at the
// node's origin; the widget takes it from its parent only, once. Everything later goes through
// the two ports, which no other script of the page can reach.

import type { Page, PublicChatflow } from './protocol';

/** The version of this bridge: loader and widget come from the same node, but not at once. */
export const BRIDGE = 1;

/** How the keys of unsent messages start. */
export const UNSENT = 'out:';

export interface Opening {
  salotto: typeof BRIDGE;
  site: string;
  chatflow: PublicChatflow;
  page: Page;
  /** What the widget kept in the page's storage, by its keys. */
  kept: Record<string, string>;
  open: boolean;
  dir: 'ltr' | 'rtl';
}

/** Where the visitor stands in the queue, as the page gets it in the event `salotto:queue`. */
export interface QueueDetail {
  /** Null: nothing is said of a place any more. */
  position: number | null;
  at_least: boolean;
  expected_wait_ms: number | null;
}

export type ToWidget =
  | { type: 'shown'; open: boolean }
  | { type: 'page'; page: Page }
  /** The answer to `token`. Without one: whether asking again is of use, and when. */
  | { type: 'token'; token?: string; never?: boolean; afterMs?: number }
  /** The answer to `keep`. */
  | { type: 'kept'; id: number };

export type ToLoader =
  /** The widget is drawn. */
  | { type: 'ready' }
  /** Who is the visitor? `stale` is a token that the node no longer takes. */
  | { type: 'token'; stale?: string }
  /** Puts a value into the page's storage, or removes it. */
  | { type: 'keep'; id: number; key: string; value: string | null }
  /** Unread messages, and the newest of them. */
  | { type: 'unread'; count: number; text: string; from: string }
  /** Whether a conversation is open: then the next page keeps listening. */
  | { type: 'talking'; on: boolean }
  /** Whether the launcher is to be there for who has no open conversation. */
  | { type: 'launcher'; shown: boolean }
  /** For the page. */
  | { type: 'queue'; detail: QueueDetail }
  | { type: 'close' };
