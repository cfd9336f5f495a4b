// Keys that move through things: j and k through the list, arrows through tabs and menus.

/** `j`, `k` from anywhere but a field, arrows inside the list: the focus moves, Enter opens. */
export function moveInList(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
  const inList = event.target instanceof Element && event.target.closest('.rows') !== null;
  const step = stepOf(event.key, inList);
  if (step === 0) return;
  const rows = [...document.querySelectorAll<HTMLElement>('.rows .row')];
  if (rows.length === 0) return;
  event.preventDefault();
  focusAt(rows, from(rows) + step);
}

/** Arrows, Home and End among the items of a container, with the focus on one of them. */
export function moveAmong(event: KeyboardEvent, selector: string): void {
  const container = event.currentTarget as HTMLElement;
  const items = [...container.querySelectorAll<HTMLElement>(selector)];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const rtl = getComputedStyle(container).direction === 'rtl' ? -1 : 1;
  const next = target(event.key, at, items.length, rtl);
  if (next === null) return;
  event.preventDefault();
  focusAt(items, next);
}

function target(key: string, at: number, length: number, rtl: 1 | -1): number | null {
  switch (key) {
    case 'ArrowDown':
      return at + 1;
    case 'ArrowUp':
      return at - 1;
    case 'ArrowRight':
      return at + rtl;
    case 'ArrowLeft':
      return at - rtl;
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return null;
  }
}

function stepOf(key: string, inList: boolean): -1 | 0 | 1 {
  if (key === 'j' || (inList && key === 'ArrowDown')) return 1;
  if (key === 'k' || (inList && key === 'ArrowUp')) return -1;
  return 0;
}

/** The focused row, else the open one, else the place before the first. */
function from(rows: readonly HTMLElement[]): number {
  const focused = rows.indexOf(document.activeElement as HTMLElement);
  if (focused !== -1) return focused;
  return rows.findIndex((row) => row.getAttribute('aria-current') === 'true');
}

function focusAt(items: readonly HTMLElement[], index: number): void {
  items[Math.min(items.length - 1, Math.max(0, index))]?.focus();
}

function isField(element: EventTarget | null): boolean {
  return element instanceof HTMLElement && element.matches('input, textarea, select');
}
