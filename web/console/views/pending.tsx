// An own message that the log does not have yet: on its way, or refused.

import type { Item, ItemState } from '../../shared/outbox';
import { whyWords } from '../desk/refusals';
import { useDesk } from './desk-page';
import { DeliveryIcon, LockIcon } from './icons';
import { UserText } from './user-text';

export function Pending({ item }: { item: Item }) {
  const comment = item.frame.type === 'comment';
  const text = 'text' in item.frame ? item.frame.text : '';
  return (
    <li
      class="entry"
      data-type={comment ? 'comment' : 'message'}
      data-side="me"
      data-first
      data-last
      data-state={item.state}
    >
      {comment && (
        <p class="entry-head">
          <LockIcon />
          <span>Internal comment · You</span>
        </p>
      )}
      <div class="bubble">
        <UserText text={text} />
      </div>
      {item.state === 'failed' ? <Failed item={item} /> : <OnTheWay state={item.state} />}
    </li>
  );
}

function OnTheWay({ state }: { state: Exclude<ItemState, 'failed'> }) {
  const sent = state === 'acked';
  return (
    <p class="entry-foot">
      <span class="delivery">
        <DeliveryIcon steps={sent ? 1 : 0} />
        {sent ? 'Sent' : 'Sending…'}
      </span>
    </p>
  );
}

function Failed({ item }: { item: Item }) {
  const desk = useDesk();
  return (
    <p class="entry-foot failed" role="alert">
      <span>Not sent. {whyWords(item.code ?? 'internal')}</span>
      <button type="button" class="link-button" onClick={() => desk.retry(item.id)}>
        Retry
      </button>
      <button type="button" class="link-button" onClick={() => desk.discard(item.id)}>
        Discard
      </button>
    </p>
  );
}
