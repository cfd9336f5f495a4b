// A page as the wire takes it: within the limits in bytes.

import { TITLE_BYTES_MAX, URL_BYTES_MAX, type Page } from '../shared/protocol';

/** `hello` has 4 KiB for everything; the referrer gets what the address leaves over. */
const REFERRER_BYTES_MAX = 512;

export function fitPage(page: Page): Page {
  const url = cutBytes(page.url, URL_BYTES_MAX);
  const title = cutBytes(page.title, TITLE_BYTES_MAX);
  if (page.referrer === undefined) return { url, title };
  return { url, title, referrer: cutBytes(page.referrer, REFERRER_BYTES_MAX) };
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Cut between characters, never within one. */
export function cutBytes(text: string, bytesMax: number): string {
  const clean = text.replaceAll('\0', '');
  if (byteLength(clean) <= bytesMax) return clean;
  const { read } = new TextEncoder().encodeInto(clean, new Uint8Array(bytesMax));
  return clean.slice(0, read);
}
