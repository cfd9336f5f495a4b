// Ties launcher, iframe, storage and pages together: when the widget is there, and when it shows.

import { Frame } from './frame';
import { Keep } from './keep';
import { Launcher } from './launcher';
import { currentPage, watchPages } from './pages';
import { isKnownVisitor, visitorToken } from './visitor';
import { UNSENT, type ToLoader } from '../shared/bridge';
import type { Page, PublicChatflow } from '../shared/protocol';

/** An open widget opens again on the next page for so long (MN-2). */
const OPEN_FOR_MS = 30 * 60_000;
/** A greeting that was clicked away stays away for so long (MN-1). */
const DISMISSED_FOR_MS = 24 * 60 * 60_000;
/** The page first, the greeting then. */
const GREETING_AFTER_MS = 1_500;

/** When the widget was last open, in use. */
const OPEN = 'open';
/** Where that was: a phone's full screen must not cover the page that a link leads to. */
const OPEN_AT = 'open-at';
const DISMISSED = 'dismissed';
/** A conversation is open: listen, also while the widget is not. */
const TALKING = 'talking';
/** What the widget keeps; its keys follow. */
const KEPT = 'kept:';

export class Chat {
  readonly #keep: Keep;
  readonly #launcher: Launcher;
  #frame: Frame | undefined;
  #isOpen = false;
  /** The chatflow wants a launcher while things are as they are. */
  #isOffered: boolean;

  constructor(
    private readonly node: string,
    private readonly site: string,
    private readonly chatflow: PublicChatflow,
  ) {
    this.#keep = new Keep(site);
    this.#isOffered = chatflow.launcher !== 'hidden';
    this.#launcher = new Launcher({
      accent: chatflow.accent_color,
      onToggle: () => (this.#isOpen ? this.close() : this.open()),
      onDismiss: () => this.#keep.stamp(DISMISSED),
    });
    watchPages((page) => this.#moved(page));
    this.#fitKeyboard();
    if (this.#wasOpen()) this.open();
    else if (this.#isTalking()) this.#need();
    else if (this.#isOffered) this.#greet();
    this.#offer();
  }

  open(): void {
    this.#need();
    this.#setOpen(true);
    this.#keep.stamp(OPEN);
    this.#keep.set(OPEN_AT, location.href);
    this.#frame?.element.focus();
  }

  close(): void {
    if (!this.#isOpen) return;
    const focused = document.activeElement === this.#launcher.host;
    this.#setOpen(false);
    this.#keep.set(OPEN, null);
    this.#keep.stamp(DISMISSED);
    if (focused) this.#launcher.focus();
  }

  #setOpen(open: boolean): void {
    this.#isOpen = open;
    this.#launcher.show(open);
    this.#offer();
    this.#frame?.tell({ type: 'shown', open });
  }

  /** Who has an open conversation, or is writing, keeps the launcher (AV-28). */
  #offer(): void {
    this.#launcher.offer(this.#isOffered || this.#isOpen || this.#isTalking());
  }

  #wasOpen(): boolean {
    if (!this.#keep.isWithin(OPEN, OPEN_FOR_MS)) return false;
    return !isPhone() || this.#keep.get(OPEN_AT) === location.href;
  }

  /** An unsent message counts: it must leave even if nobody opens the widget again. */
  #isTalking(): boolean {
    const unsent = Object.keys(this.#keep.all(KEPT + UNSENT));
    return this.#keep.get(TALKING) !== null || unsent.length > 0;
  }

  #greet(): void {
    const { welcome } = this.chatflow;
    const keep = this.#keep;
    if (!welcome || isKnownVisitor(keep) || keep.isWithin(DISMISSED, DISMISSED_FOR_MS)) return;
    setTimeout(() => {
      if (!this.#frame) this.#launcher.preview(welcome, '');
    }, GREETING_AFTER_MS);
  }

  #need(): void {
    if (this.#frame) return;
    this.#frame = new Frame({
      node: this.node,
      site: this.site,
      title: this.chatflow.heading,
      opening: () => ({
        chatflow: this.chatflow,
        page: currentPage(),
        kept: this.#keep.all(KEPT),
        open: this.#isOpen,
        dir: this.#launcher.host.dir === 'rtl' ? 'rtl' : 'ltr',
      }),
      onMessage: (message) => this.#hear(message),
      onFailed: () => {
        this.#frame = undefined;
        this.#setOpen(false);
      },
    });
    this.#launcher.hold(this.#frame.element);
  }

  #hear(message: ToLoader): void {
    switch (message.type) {
      case 'ready':
        this.#frame?.tell({ type: 'shown', open: this.#isOpen });
        return;
      case 'token':
        void visitorToken(this.node, this.site, this.#keep, message.stale).then((answer) =>
          this.#frame?.tell({ type: 'token', ...answer }),
        );
        return;
      case 'keep':
        this.#keep.set(KEPT + message.key, message.value);
        if (this.#isOpen) this.#keep.stamp(OPEN);
        this.#frame?.tell({ type: 'kept', id: message.id });
        return;
      case 'unread':
        this.#launcher.unread(message.count);
        if (message.count === 0) this.#launcher.hidePreview();
        else if (!this.#isOpen && message.text) {
          this.#launcher.preview(message.text, message.from);
        }
        return;
      case 'talking':
        this.#keep.set(TALKING, message.on ? '1' : null);
        this.#offer();
        return;
      case 'launcher':
        this.#isOffered = message.shown;
        this.#offer();
        return;
      case 'queue':
        dispatchEvent(new CustomEvent('salotto:queue', { detail: message.detail }));
        return;
      case 'close':
        this.close();
    }
  }

  #moved(page: Page): void {
    if (this.#isOpen) this.#keep.stamp(OPEN);
    this.#frame?.tell({ type: 'page', page });
  }

  /** A phone's keyboard covers the lower half of a full-screen iframe unless that shrinks. */
  #fitKeyboard(): void {
    const view = window.visualViewport;
    view?.addEventListener('resize', () => {
      this.#launcher.host.style.setProperty('--height', `${view.height}px`);
    });
  }
}

function isPhone(): boolean {
  return matchMedia('(max-width: 480px)').matches;
}
