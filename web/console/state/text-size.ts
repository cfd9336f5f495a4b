// How much of a message's limit a text takes, counted as the wire counts: in UTF-8 bytes. Pure.

import { TEXT_BYTES_MAX } from '../../shared/protocol';

/** From here on the composer shows what is left. */
const NEAR_BYTES = TEXT_BYTES_MAX * 0.8;

export type Fit =
  | { readonly kind: 'empty' }
  | { readonly kind: 'fits' }
  | { readonly kind: 'near'; readonly left_bytes: number }
  | { readonly kind: 'too_long'; readonly over_bytes: number };

export function fitOf(text: string): Fit {
  if (text.trim() === '') return { kind: 'empty' };
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > TEXT_BYTES_MAX) return { kind: 'too_long', over_bytes: bytes - TEXT_BYTES_MAX };
  if (bytes > NEAR_BYTES) return { kind: 'near', left_bytes: TEXT_BYTES_MAX - bytes };
  return { kind: 'fits' };
}

/** What leaves: without empty ends, and without NUL, which the node refuses. */
export function cleaned(text: string): string {
  return text.replaceAll('\u0000', '').trim();
}
