// Finds web addresses in a text. Gives pieces, not HTML: the view makes text nodes and anchors.

export interface Piece {
  text: string;
  /** Only ever `http:` or `https:`. */
  href?: string;
}

const CANDIDATE = /\b(?:https?:\/\/|www\.)[^\s<>"']+/giu;
/** Ends a sentence rather than an address. */
const TAIL = /[.,;:!?…]+$/u;

export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const shown = trimTail(match[0]);
    const href = safeHref(shown);
    if (href === undefined) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: shown, href });
    end = match.index + shown.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

function trimTail(found: string): string {
  const address = found.replace(TAIL, '');
  const opens = address.split('(').length;
  const closes = address.split(')').length;
  return address.endsWith(')') && closes > opens ? trimTail(address.slice(0, -1)) : address;
}

function safeHref(shown: string): string | undefined {
  try {
    const url = new URL(/^www\./i.test(shown) ? `https://${shown}` : shown);
    const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
    return isWeb && url.hostname.includes('.') ? url.href : undefined;
  } catch {
    return undefined;
  }
}
