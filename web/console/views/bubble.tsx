// What somebody wrote: a message, the greeting, or an internal comment.

import type { Delivery, Words } from '../state/thread';
import { clockTime } from '../state/words';
import { DeliveryIcon, LockIcon } from './icons';
import { Time } from './time';
import { UserText } from './user-text';

export function Bubble({ words }: { words: Words }) {
  const { type, side, first, last } = words;
  return (
    <li class="entry" data-type={type} data-side={side} data-first={first} data-last={last}>
      {first && <Heading words={words} />}
      <div class="bubble">
        <UserText text={words.text} />
      </div>
      {last && (
        <p class="entry-foot">
          <Time atMs={words.at_ms} text={clockTime(words.at_ms)} />
          {words.delivery !== null && <DeliveryState delivery={words.delivery} />}
        </p>
      )}
    </li>
  );
}

/** Whose words these are; a comment says on each group that the visitor never sees it. */
function Heading({ words }: { words: Words }) {
  const who = whoWords(words);
  if (words.type === 'comment') {
    return (
      <p class="entry-head">
        <LockIcon />
        <span dir="auto">Internal comment · {who}</span>
      </p>
    );
  }
  if (words.side === 'me') return <p class="hidden-text">You</p>;
  return (
    <p class="entry-head" dir="auto">
      {who}
    </p>
  );
}

function whoWords(words: Words): string {
  if (words.type === 'welcome') return 'Greeting';
  switch (words.side) {
    case 'visitor':
      return 'Visitor';
    case 'me':
      return 'You';
    case 'colleague':
      return words.name;
    case 'system':
      return 'Salotto';
  }
}

function DeliveryState({ delivery }: { delivery: Delivery }) {
  return (
    <span class="delivery" data-delivery={delivery}>
      <DeliveryIcon steps={delivery === 'sent' ? 1 : 2} />
      {deliveryWords(delivery)}
    </span>
  );
}

function deliveryWords(delivery: Delivery): string {
  switch (delivery) {
    case 'sent':
      return 'Sent';
    case 'delivered':
      return 'Delivered';
    case 'read':
      return 'Read';
  }
}
