// What the page shows of Salotto: launcher button, preview bubble, and the place of the iframe.

import { cssColor, inkOf, parseColor, textOn } from '../shared/color';
import style from './launcher.css?inline';

export interface LauncherPorts {
  accent: string;
  onToggle(): void;
  /** The bubble was clicked away. */
  onDismiss(): void;
}

const CHAT_ICON =
  'M12 3.5c-5 0-9 3.4-9 7.7 0 2.4 1.3 4.5 3.3 5.9-.1 1.1-.6 2.3-1.5 3.2 ' +
  '1.9-.1 3.6-.8 4.8-1.7.8.2 1.6.3 2.4.3 5 0 9-3.4 9-7.700s-4-7.7-9-7.700z';
const DOWN_ICON = 'M5.5 9l6.5 6.500L18.5 9';
const CROSS_ICON = 'M6 6l12 12M18 6L6 18';

export class Launcher {
  /** Lives beside `body`, out of reach of the page's layout and of sites that swap the body. */
  readonly host = document.createElement('salotto-chat');
  readonly #panel = make('div', 'panel');
  readonly #button = make('button', 'launcher');
  readonly #badge = make('span', 'badge');
  readonly #bubble = make('div', 'bubble');
  readonly #preview = make('button', 'preview');

  constructor(ports: LauncherPorts) {
    const root = this.host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    this.#color(ports.accent);
    this.host.dir = getComputedStyle(document.documentElement).direction;

    this.#button.append(icon('chat', CHAT_ICON), icon('down', DOWN_ICON), this.#badge);
    this.#button.onclick = ports.onToggle;
    this.#preview.onclick = ports.onToggle;
    const dismiss = make('button', 'dismiss');
    dismiss.setAttribute('aria-label', 'Dismiss');
    dismiss.append(icon('cross', CROSS_ICON));
    dismiss.onclick = () => {
      this.hidePreview();
      ports.onDismiss();
    };
    this.#bubble.setAttribute('role', 'status');
    this.#bubble.hidden = true;
    this.#bubble.append(this.#preview, dismiss);
    this.#badge.hidden = true;
    root.append(this.#panel, this.#bubble, this.#button);
    this.show(false);
    this.unread(0);
    document.documentElement.append(this.host);
  }

  hold(frame: HTMLIFrameElement): void {
    this.#panel.replaceChildren(frame);
  }

  show(open: boolean): void {
    this.host.classList.toggle('open', open);
    this.#panel.inert = !open;
    this.#button.setAttribute('aria-expanded', String(open));
    if (open) this.hidePreview();
    this.#name();
  }

  /** Whether there is anything on the page at all. */
  offer(offered: boolean): void {
    this.host.classList.toggle('absent', !offered);
  }

  focus(): void {
    this.#button.focus();
  }

  unread(count: number): void {
    this.#badge.hidden = count === 0;
    this.#badge.textContent = count > 9 ? '9+' : String(count);
    this.#name();
  }

  preview(text: string, from: string): void {
    this.#preview.replaceChildren();
    if (from) {
      const name = make('b', 'from');
      name.textContent = from;
      this.#preview.append(name);
    }
    const words = make('span', 'words');
    words.dir = 'auto';
    words.textContent = text;
    this.#preview.append(words);
    this.#bubble.hidden = false;
  }

  hidePreview(): void {
    this.#bubble.hidden = true;
  }

  #name(): void {
    const open = this.host.classList.contains('open');
    const count = this.#badge.hidden ? '' : `, unread: ${this.#badge.textContent}`;
    this.#button.setAttribute('aria-label', open ? 'Close chat' : `Open chat${count}`);
  }

  #color(accent: string): void {
    const rgb = parseColor(accent);
    this.host.style.setProperty('--accent', cssColor(rgb));
    this.host.style.setProperty('--on-accent', textOn(rgb));
    this.host.style.setProperty('--ink', cssColor(inkOf(rgb)));
  }
}

function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, name: string) {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}

function icon(name: string, path: string): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', name);
  svg.setAttribute('aria-hidden', 'true');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}
