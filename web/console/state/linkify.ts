// Finds the links in a text. Only http and https become links; everything else stays text. Pure.

export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

const CANDIDATE = /https?:\/\/[^\s<>"'`\u0000-\u001f\u202a-\u202e\u2066-\u2069]+/giu;

/** Punctuation that ends the sentence around a link rather than the link. */
const TRAILING = /[.,;:!?…»”’*_~]$/u;

/** A text in order, links apart. The parts joined are the text again. */
export function textParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const shown = withoutTail(match[0]);
    const href = safeHref(shown);
    if (href === null) continue;
    if (match.index > from) parts.push({ kind: 'text', text: text.slice(from, match.index) });
    parts.push({ kind: 'link', text: shown, href });
    from = match.index + shown.length;
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) });
  return parts;
}

/** The address if a browser may be sent there from a text somebody else wrote; else null. */
export function safeHref(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  const web = url.protocol === 'http:' || url.protocol === 'https:';
  return web && url.hostname !== '' ? url.href : null;
}

function withoutTail(address: string): string {
  let kept = address;
  while (TRAILING.test(kept) || endsWithLoneBracket(kept)) kept = kept.slice(0, -1);
  return kept;
}

/** "(see https://a.example/x)" ends before the bracket; ".../Rome_(city)" keeps it. */
function endsWithLoneBracket(address: string): boolean {
  const open = address.endsWith(')') ? '(' : address.endsWith(']') ? '[' : null;
  if (open === null) return false;
  const close = address.slice(-1);
  return address.split(open).length < address.split(close).length;
}
