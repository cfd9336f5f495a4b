// Accent colours that stay readable: contrast by WCAG 2.2.

export type Rgb = readonly [number, number, number];

/** WCAG AA for text; also more than what focus rings and icons need. */
export const CONTRAST_MIN = 4.5;

const FALLBACK: Rgb = [11, 110, 79];

/** `#rrggbb`; anything else is Salotto's own green. */
export function parseColor(text: string): Rgb {
  const hex = /^#([0-9a-f]{6})$/i.exec(text)?.[1];
  if (hex === undefined) return FALLBACK;
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function cssColor(rgb: Rgb): string {
  return `rgb(${rgb.join(' ')})`;
}

/** White or black, whichever reads better: one of them always reaches 4.5. */
export function textOn(background: Rgb): string {
  return contrast(background, [255, 255, 255]) >= contrast(background, [0, 0, 0])
    ? '#fff'
    : '#000';
}

export function contrast(a: Rgb, b: Rgb): number {
  const [la, lb] = [luminance(a), luminance(b)];
  return (Math.max(la, lb) + 0.05) / (Math.min(la, lb) + 0.05);
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The darkest of the backgrounds that the accent is written on: an agent's message. */
const SOFT: Rgb = [241, 243, 245];

/** The accent as text and as a ring: darkened until it is readable there and on white. */
export function inkOf(accent: Rgb): Rgb {
  let ink = accent;
  while (contrast(ink, SOFT) < CONTRAST_MIN) {
    ink = ink.map((part) => Math.floor(part * 0.94)) as unknown as Rgb;
  }
  return ink;
}
