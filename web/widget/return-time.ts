// When somebody is back, in the visitor's own zone and language: "Back at 9:00 AM on Monday".

interface Sentences {
  today(time: string): string;
  /** `day` is a weekday, or a weekday with its date. */
  on(time: string, day: string): string;
}

/** A language that is not here gets English words and English times. */
const SENTENCES: Record<string, Sentences> = {
  en: { today: (time) => `Back at ${time}`, on: (time, day) => `Back at ${time} on ${day}` },
  de: {
    today: (time) => `Um ${time} Uhr sind wir zurück`,
    on: (time, day) => `Am ${day} um ${time} Uhr sind wir zurück`,
  },
  fr: { today: (time) => `De retour à ${time}`, on: (time, day) => `De retour ${day} à ${time}` },
  es: {
    today: (time) => `Volvemos a las ${time}`,
    on: (time, day) => `Volvemos el ${day} a las ${time}`,
  },
  it: {
    today: (time) => `Torniamo alle ${time}`,
    on: (time, day) => `Torniamo ${day} alle ${time}`,
  },
  nl: {
    today: (time) => `Om ${time} uur zijn we terug`,
    on: (time, day) => `${day} om ${time} uur zijn we terug`,
  },
  pt: { today: (time) => `Voltamos às ${time}`, on: (time, day) => `Voltamos ${day} às ${time}` },
};
const ENGLISH = SENTENCES['en'] as Sentences;

/** A weekday alone means the next one of that name. */
const WEEKDAY_DAYS_MAX = 6;

/** Empty once the time is past: what holds then, the node is about to say. */
export function returnWords(
  returns_at_ms: number,
  now: number,
  language: string = navigator.language,
): string {
  if (returns_at_ms <= now) return '';
  const own = SENTENCES[language.split('-')[0] ?? ''];
  const { today, on } = own ?? ENGLISH;
  const locale = own === undefined ? 'en' : language;
  const at = new Date(returns_at_ms);
  const time = at.toLocaleTimeString(locale, { hour: 'numeric', minute: '2-digit' });
  const days = daysBetween(new Date(now), at);
  if (days === 0) return today(time);
  const date = days > WEEKDAY_DAYS_MAX ? ({ month: 'long', day: 'numeric' } as const) : {};
  return on(time, at.toLocaleDateString(locale, { weekday: 'long', ...date }));
}

/** Midnights in between, on the visitor's clock. */
function daysBetween(from: Date, until: Date): number {
  const day = (it: Date) => Date.UTC(it.getFullYear(), it.getMonth(), it.getDate());
  return (day(until) - day(from)) / 86_400_000;
}
