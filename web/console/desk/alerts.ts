// Makes an agent look: the document's title, a sound, a desktop notification.

import type { ConversationId } from '../../shared/protocol';
import type { Notice } from '../state/notices';
import type { DeskState } from '../state/desk';
import { Sound } from './sound';

/** A burst becomes one notification, so that a busy morning does not fill the screen. */
const NOTIFICATIONS_MAX = 3;

export class Alerts {
  readonly #sound = new Sound();

  constructor(private readonly open: (conversation: ConversationId) => void) {
    this.#sound.arm();
  }

  tell(notices: readonly Notice[], state: DeskState): void {
    if (notices.length === 0) return;
    if (!state.muted) this.#sound.play();
    if (state.alerts !== 'granted' || state.looking) return;
    if (notices.length > NOTIFICATIONS_MAX) {
      this.#notify(`${notices.length} conversations need you`, '', null);
    } else {
      for (const each of notices) this.#notify(each.title, each.body, each.conversation);
    }
  }

  #notify(title: string, body: string, conversation: ConversationId | null): void {
    const tag = conversation ?? 'many';
    let shown: Notification;
    try {
      shown = new Notification(title, { body, tag });
    } catch {
      // Chrome on Android offers notifications to service workers only.
      return;
    }
    shown.onclick = () => {
      window.focus();
      if (conversation !== null) this.open(conversation);
      shown.close();
    };
  }
}

export function alertPermission(): NotificationPermission | 'unsupported' {
  return 'Notification' in window ? Notification.permission : 'unsupported';
}

export async function askPermission(): Promise<NotificationPermission | 'unsupported'> {
  return 'Notification' in window ? Notification.requestPermission() : 'unsupported';
}
