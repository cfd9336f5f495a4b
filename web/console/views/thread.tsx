// The thread: a log that stays at its end while somebody reads the end, and nowhere else.

import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { isLoaded, type Conversation } from '../state/conversation';
import type { DeskState } from '../state/desk';
import { arrivedIds, pendingItems, thread, type ThreadItem } from '../state/thread';
import { dayName } from '../state/words';
import { Bubble } from './bubble';
import { useDesk } from './desk-page';
import { DownIcon } from './icons';
import { LogLine } from './log-line';
import { Pending } from './pending';

/** So near to the end counts as being there. */
const END_PX = 60;
/** So near to the top, the page before is fetched. */
const TOP_PX = 300;

interface Props {
  state: DeskState;
  conversation: Conversation;
}

export function Thread({ state, conversation }: Props) {
  const desk = useDesk();
  const { log, marks, floor, older } = conversation;
  const { agent: me, inboxes } = state.session;
  const items = useMemo(
    () => thread(log.entries, { me, visitor: marks.visitor, inboxes }),
    [log.entries, marks.visitor, me, inboxes],
  );
  const arrived = useMemo(() => arrivedIds(log.entries), [log.entries]);
  const pending = pendingItems(state.outbox, conversation.id, arrived);
  const end = useEnd(floor, (log.entries.at(-1)?.seq ?? 0) + pending.length);
  const onScroll = (): void => {
    end.onScroll();
    const box = end.box.current;
    if (box !== null && box.scrollTop < TOP_PX && older === 'idle') {
      void desk.loadOlder(conversation.id);
    }
  };
  return (
    <div class="thread-box">
      <div
        class="thread"
        ref={end.box}
        onScroll={onScroll}
        tabIndex={0}
        role="region"
        aria-label="Messages"
      >
        {floor > 0 && <Older older={older} onLoad={() => void desk.loadOlder(conversation.id)} />}
        {!isLoaded(conversation) && <p class="empty">Loading…</p>}
        <div role="log" aria-label="Conversation" aria-busy={older === 'loading'}>
          <ol>
            {items.map((item) => (
              <Item key={item.key} item={item} state={state} />
            ))}
            {pending.map((item) => (
              <Pending key={item.id} item={item} />
            ))}
          </ol>
        </div>
      </div>
      {end.below && (
        <button type="button" class="button to-end" onClick={end.goThere}>
          <DownIcon />
          New messages
        </button>
      )}
    </div>
  );
}

function Item({ item, state }: { item: ThreadItem; state: DeskState }) {
  switch (item.kind) {
    case 'day':
      return (
        <li class="day">
          <span>{dayName(item.at_ms, state.now_ms)}</span>
        </li>
      );
    case 'line':
      return <LogLine line={item} team={state.team} me={state.session.agent} />;
    case 'words':
      return <Bubble words={item} />;
  }
}

function Older({ older, onLoad }: { older: Conversation['older']; onLoad: () => void }) {
  switch (older) {
    case 'loading':
      return <p class="older faint">Loading earlier messages…</p>;
    case 'idle':
    case 'failed':
      return (
        <p class="older">
          {older === 'failed' && <span>Earlier messages could not be loaded. </span>}
          <button type="button" class="link-button" onClick={onLoad}>
            {older === 'failed' ? 'Try again' : 'Show earlier messages'}
          </button>
        </p>
      );
  }
}

/** Keeps the end in sight while it was, and the place while older entries come in above. */
function useEnd(floor: number, newest: number) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const was = useRef({ floor, newest, height: 0 });
  const [below, setBelow] = useState(false);
  const goThere = (): void => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
    setBelow(false);
  };
  const onScroll = (): void => {
    const at = box.current;
    if (at === null) return;
    atEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < END_PX;
    if (atEnd.current) setBelow(false);
  };
  useLayoutEffect(() => {
    const at = box.current;
    if (at === null) return;
    if (atEnd.current) at.scrollTop = at.scrollHeight;
    else if (floor < was.current.floor) at.scrollTop += at.scrollHeight - was.current.height;
    else if (newest > was.current.newest) setBelow(true);
    was.current = { floor, newest, height: at.scrollHeight };
  });
  useLayoutEffect(() => {
    const at = box.current;
    if (at === null) return;
    const resized = new ResizeObserver(() => {
      if (atEnd.current) at.scrollTop = at.scrollHeight;
    });
    resized.observe(at);
    return () => resized.disconnect();
  }, []);
  return { box, below, onScroll, goThere };
}
