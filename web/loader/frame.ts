// The widget's iframe and the port to it. Made when first needed, never moved in the document.

import { BRIDGE, type Opening, type ToLoader, type ToWidget } from '../shared/bridge';

/** From the click to a drawn widget; after that the node is taken for gone. */
const READY_TIMEOUT_MS = 15_000;

export interface FramePorts {
  node: string;
  site: string;
  title: string;
  opening(): Omit<Opening, 'salotto' | 'site'>;
  onMessage(message: ToLoader): void;
  /** The widget did not come up; the element has left the page. */
  onFailed(): void;
}

export class Frame {
  readonly element = document.createElement('iframe');
  readonly #channel = new MessageChannel();
  readonly #timeout: number;

  constructor(ports: FramePorts) {
    const { element } = this;
    element.title = ports.title;
    element.referrerPolicy = 'origin';
    element.src = `${ports.node}/widget/?site=${encodeURIComponent(ports.site)}`;
    element.onload = () => {
      element.onload = null;
      const opening: Opening = { salotto: BRIDGE, site: ports.site, ...ports.opening() };
      element.contentWindow?.postMessage(opening, ports.node, [this.#channel.port2]);
    };
    this.#timeout = window.setTimeout(() => {
      element.remove();
      ports.onFailed();
    }, READY_TIMEOUT_MS);
    this.#channel.port1.onmessage = (event: MessageEvent<ToLoader>) => {
      if (event.data.type === 'ready') {
        clearTimeout(this.#timeout);
        element.classList.add('ready');
      }
      ports.onMessage(event.data);
    };
  }

  tell(message: ToWidget): void {
    this.#channel.port1.postMessage(message);
  }
}
