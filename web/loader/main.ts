// `loader.js`: on every page of the site. Settings, launcher, storage; the chat is in the iframe.
//
//   <script async src="https://chat.example/loader.js" data-site="SITE_ID"></script>
//
// One global, `Salotto`: `Salotto.open()` and `Salotto.close()`; events: docs/page.md.

import { Chat } from './chat';
import type { SiteSettings } from '../shared/protocol';

interface SalottoApi {
  open(): void;
  close(): void;
}

declare global {
  interface Window {
    Salotto?: SalottoApi;
  }
}

const script = document.currentScript as HTMLScriptElement | null;
const site = script?.dataset.site;
if (script && site && !window.Salotto) start(new URL(script.src).origin, site);

function start(node: string, site: string): void {
  const chat = load(node, site);
  window.Salotto = {
    open: () => void chat.then((it) => it?.open()),
    close: () => void chat.then((it) => it?.close()),
  };
}

/** No chat when the node is gone or has none for this site; the page stays as it was. */
async function load(node: string, site: string): Promise<Chat | undefined> {
  try {
    const url = `${node}/api/v1/sites/${encodeURIComponent(site)}`;
    const answer = await fetch(url, { credentials: 'omit' });
    const { chatflow } = (await answer.json()) as SiteSettings;
    return chatflow ? new Chat(node, site, chatflow) : undefined;
  } catch {
    return undefined;
  }
}
