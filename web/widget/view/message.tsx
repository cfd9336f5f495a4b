// One message: its words, its author, how far it has come.

import type { JSX } from 'preact';

import { Avatar } from './avatar';
import { TickIcon } from './icons';
import { linkify } from '../linkify';
import type { MessageRow } from '../timeline';
import { failure, timeWords, WORDS } from '../words';

interface Props {
  row: MessageRow;
  /** The newest of the visitor's own tells its state in words. */
  isNewestOwn: boolean;
  onRetry(id: string): void;
  onDiscard(id: string): void;
}

export function Message(props: Props): JSX.Element {
  const { row } = props;
  const name = row.author?.name ?? WORDS.team;
  return (
    <li class={classOf(row)} data-state={row.state}>
      {row.side === 'team' && row.first && row.author && (
        <p class="name">
          <bdi>{name}</bdi>
        </p>
      )}
      <div class="line">
        {row.side === 'team' && (row.last ? <Avatar name={row.author?.name} /> : <i />)}
        <div class="text">
          <p dir="auto">
            <Words text={row.text} />
          </p>
        </div>
      </div>
      {row.state === 'failed' ? <Failed {...props} /> : <Foot {...props} />}
    </li>
  );
}

function classOf(row: MessageRow): string {
  const ends = `${row.first ? ' first' : ''}${row.last ? ' last' : ''}`;
  return `message ${row.side}${ends}`;
}

function Words({ text }: { text: string }): JSX.Element {
  const pieces = linkify(text).map((piece) =>
    piece.href === undefined ? (
      piece.text
    ) : (
      <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
        {piece.text}
      </a>
    ),
  );
  return <>{pieces}</>;
}

function Foot({ row, isNewestOwn }: Props): JSX.Element | null {
  const { state } = row;
  if (row.at_ms === 0 || !(row.last || isNewestOwn)) return null;
  return (
    <p class="foot">
      <time dateTime={new Date(row.at_ms).toISOString()}>{timeWords(row.at_ms)}</time>
      {state !== undefined && state !== 'failed' && isNewestOwn && (
        <span class={`state is-${state}`}>
          {state !== 'sending' && <TickIcon double={state !== 'sent'} />}
          {WORDS.state[state]}
        </span>
      )}
    </p>
  );
}

function Failed({ row, onRetry, onDiscard }: Props): JSX.Element {
  return (
    <p class="foot failed" role="alert">
      <span>{failure(row.code)}</span>
      <button type="button" onClick={() => onRetry(row.key)}>
        {WORDS.retry}
      </button>
      <button type="button" onClick={() => onDiscard(row.key)}>
        {WORDS.discard}
      </button>
    </p>
  );
}
