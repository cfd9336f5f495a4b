// The messages, newest at the bottom, where the view stays unless the visitor scrolls up.

import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { Avatar } from './avatar';
import { DownIcon, WaitIcon } from './icons';
import { Message } from './message';
import { ByMail } from './promise';
import { Queue } from './queue';
import type { Chat, ChatState } from '../chat';
import { returnWords } from '../return-time';
import type { Notice as NoticeNow } from '../../shared/protocol';
import { agentOf, timelineOf, type Row } from '../timeline';
import { dayWords, isTyping, noteWords, WORDS } from '../words';

/** Nearer to the end than this counts as being there. */
const NEAR_END_PX = 60;

export function Timeline({ state, chat }: { state: ChatState; chat: Chat }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const rows = timelineOf(state.conversation, state.items, greetingOf(state));
  const newest = rows.findLast((it) => it.kind === 'message');
  const newestOwn = rows.findLast((it) => it.kind === 'message' && it.side === 'visitor');
  const toEnd = () => box.current?.scrollTo({ top: box.current.scrollHeight });

  useLayoutEffect(() => {
    if (atEnd || newest === newestOwn) toEnd();
  }, [
    rows.length,
    newest?.key,
    state.typing,
    state.place === undefined,
    state.offer === undefined,
    state.open,
  ]);
  useEffect(() => keepEnd(box.current), []);

  const scrolled = () => {
    const it = box.current;
    if (it) setAtEnd(it.scrollHeight - it.scrollTop - it.clientHeight < NEAR_END_PX);
  };
  return (
    <div class="timeline" ref={box} onScroll={scrolled}>
      <div role="log" aria-label={WORDS.log} aria-live="polite" aria-relevant="additions">
        <ol>
          {rows.map((row) => (
            <RowView key={row.key} row={row} isNewestOwn={row === newestOwn} chat={chat} />
          ))}
        </ol>
      </div>
      {isLoading(state) && <Loading />}
      <Notice state={state} />
      <Queue state={state} />
      <ByMail state={state} chat={chat} />
      {state.typing !== undefined && <Typing name={state.typing} />}
      {!atEnd && (
        <button type="button" class="to-end" onClick={toEnd}>
          <DownIcon />
          {WORDS.newMessages}
        </button>
      )}
    </div>
  );
}

interface RowProps {
  row: Row;
  isNewestOwn: boolean;
  chat: Chat;
}

function RowView({ row, isNewestOwn, chat }: RowProps): JSX.Element {
  switch (row.kind) {
    case 'day':
      return <li class="day">{dayWords(row.at_ms, Date.now())}</li>;
    case 'note':
      return (
        <li class="note">
          <bdi>{noteWords(row)}</bdi>
        </li>
      );
    case 'message': {
      const onRetry = (id: string) => chat.retry(id);
      const onDiscard = (id: string) => chat.discard(id);
      return <Message {...{ row, isNewestOwn, onRetry, onDiscard }} />;
    }
  }
}

/** Away, wait and return (AV-21 to AV-23): only while no agent has the conversation. */
function Notice({ state }: { state: ChatState }): JSX.Element | null {
  const { notice } = state.now;
  if (agentOf(state.conversation) || state.conversation?.summary?.state === 'closed') return null;
  const words = notice === undefined ? '' : noticeWords(notice);
  if (words === '') return null;
  return (
    <div class="notice" role="status" data-kind={notice?.kind}>
      <WaitIcon />
      <p dir="auto">{words}</p>
    </div>
  );
}

function noticeWords(notice: NoticeNow): string {
  switch (notice.kind) {
    case 'return_time':
      return returnWords(notice.returns_at_ms, Date.now());
    case 'away_message':
    case 'wait_message':
      return notice.text;
  }
}

function Typing({ name }: { name: string }): JSX.Element {
  return (
    <div class="typing" role="status">
      <Avatar name={name} />
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span class="unseen">{isTyping(name)}</span>
    </div>
  );
}

function Loading(): JSX.Element {
  return (
    <div class="loading" role="status">
      <span class="unseen">{WORDS.loading}</span>
      <i />
      <i />
      <i />
    </div>
  );
}

/** Nothing is known yet, and nothing went wrong. */
function isUnknown(state: ChatState): boolean {
  return !state.welcomed && (state.line === 'idle' || state.line === 'connecting');
}

function isLoading(state: ChatState): boolean {
  if (state.items.length > 0) return false;
  return isUnknown(state) || state.conversation?.log.last === 0;
}

/** The greeting of a conversation that exists is in its log. */
function greetingOf(state: ChatState): string {
  return isUnknown(state) ? '' : state.chatflow.welcome;
}

/** A keyboard that opens, or a composer that grows, must not hide the newest message. */
function keepEnd(box: HTMLDivElement | null): (() => void) | undefined {
  if (box === null) return undefined;
  let height = box.clientHeight;
  const watch = new ResizeObserver(() => {
    box.scrollTop += height - box.clientHeight;
    height = box.clientHeight;
  });
  watch.observe(box);
  return () => watch.disconnect();
}
