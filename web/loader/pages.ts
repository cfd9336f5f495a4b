// Which page the visitor looks at, also when a single-page site changes it without loading.

import type { Page } from '../shared/protocol';

/** Sites set the new title a little after the new address. */
const SETTLE_MS = 300;
/** Where browsers do not tell of history changes. */
const POLL_MS = 1_000;

export function currentPage(): Page {
  const page: Page = { url: location.href, title: document.title };
  return document.referrer ? { ...page, referrer: document.referrer } : page;
}

/** Patches nothing of the page's own: history methods stay the browser's. */
export function watchPages(onPage: (page: Page) => void): void {
  let seen = location.href;
  let settling: number | undefined;
  const look = () => {
    if (location.href === seen) return;
    seen = location.href;
    clearTimeout(settling);
    settling = window.setTimeout(() => onPage(currentPage()), SETTLE_MS);
  };
  addEventListener('popstate', look);
  addEventListener('hashchange', look);
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) navigation.addEventListener('currententrychange', look);
  else setInterval(look, POLL_MS);
}
