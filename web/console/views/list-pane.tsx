// The list of conversations: four tabs with counts, a filter, and the rows.

import { useEffect, useRef, useState } from 'preact/hooks';
import { counts, TABS, type Row, type Tab } from '../state/board';
import type { DeskState } from '../state/desk';
import { useDesk } from './desk-page';
import { SearchIcon } from './icons';
import { moveAmong } from './keys';
import { ListRow } from './list-row';

/** Rows drawn at first, and added whenever the end comes into sight: a long queue stays light. */
const ROWS_STEP = 60;

export function ListPane({ state, rows }: { state: DeskState; rows: readonly Row[] }) {
  const { place, session } = state;
  return (
    <section class="list" aria-label="Conversations">
      <Tabs state={state} />
      <Filter state={state} />
      <div
        class="rows-box"
        role="tabpanel"
        id="rows"
        aria-labelledby={`tab-${place.tab}`}
        aria-busy={isLoading(state)}
        key={place.tab}
      >
        {rows.length === 0 ? (
          <Empty state={state} />
        ) : (
          <Rows rows={rows} state={state} me={session.agent} />
        )}
      </div>
    </section>
  );
}

function Tabs({ state }: { state: DeskState }) {
  const desk = useDesk();
  const { place, board, inbox, session } = state;
  const found = counts(board, inbox, session.agent);
  return (
    <div
      class="tabs"
      role="tablist"
      aria-label="Which conversations"
      onKeyDown={(event) => moveAmong(event, '[role=tab]')}
    >
      {TABS.map((tab) => (
        <button
          key={tab}
          id={`tab-${tab}`}
          type="button"
          role="tab"
          class="tab"
          aria-selected={tab === place.tab}
          aria-controls="rows"
          tabIndex={tab === place.tab ? 0 : -1}
          onClick={() => desk.go({ ...place, tab })}
        >
          {tabName(tab)}
          <span class="tab-count" data-urgent={tab === 'waiting' && found.waiting > 0}>
            {found[tab]}
          </span>
        </button>
      ))}
    </div>
  );
}

function Filter({ state }: { state: DeskState }) {
  const desk = useDesk();
  const { session, inbox, words } = state;
  return (
    <div class="filter" role="search">
      <label class="search">
        <SearchIcon />
        <span class="hidden-text">Find in this list</span>
        <input
          type="search"
          placeholder="Find by number or text"
          dir="auto"
          value={words}
          onInput={(event) => desk.filter({ words: event.currentTarget.value })}
        />
      </label>
      {session.inboxes.length > 1 && (
        <select
          class="field"
          aria-label="Inbox"
          value={inbox ?? ''}
          onChange={(event) => desk.filter({ inbox: event.currentTarget.value || null })}
        >
          <option value="">All inboxes</option>
          {session.inboxes.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

interface RowsProps {
  rows: readonly Row[];
  state: DeskState;
  me: string;
}

function Rows({ rows, state, me }: RowsProps) {
  const [shown, setShown] = useState(ROWS_STEP);
  const { open } = state.place;
  const entrance = rows.some((row) => row.conversation === open) ? open : rows[0]?.conversation;
  return (
    <>
      <ul class="rows">
        {rows.slice(0, shown).map((row) => (
          <ListRow
            key={row.conversation}
            row={row}
            state={state}
            me={me}
            entrance={row.conversation === entrance}
          />
        ))}
      </ul>
      {rows.length > shown && (
        <More left={rows.length - shown} onMore={() => setShown((count) => count + ROWS_STEP)} />
      )}
    </>
  );
}

function More({ left, onMore }: { left: number; onMore: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const sight = new IntersectionObserver((seen) => {
      if (seen.some((each) => each.isIntersecting)) onMore();
    });
    if (button.current !== null) sight.observe(button.current);
    return () => sight.disconnect();
  });
  return (
    <button type="button" class="more link-button" ref={button} onClick={onMore}>
      Show {left} more
    </button>
  );
}

function Empty({ state }: { state: DeskState }) {
  if (isLoading(state)) return <p class="empty">Loading…</p>;
  if (state.words.trim() !== '') return <p class="empty">Nothing here has these words.</p>;
  return <p class="empty">{emptyWords(state.place.tab)}</p>;
}

function isLoading(state: DeskState): boolean {
  return state.session.inboxes.some((inbox) => !state.board.loaded.has(inbox.id));
}

function emptyWords(tab: Tab): string {
  switch (tab) {
    case 'waiting':
      return 'Nobody is waiting.';
    case 'mine':
      return 'You have no open conversations.';
    case 'all':
      return 'There are no open conversations.';
    case 'closed':
      return 'No conversation was closed lately.';
  }
}

function tabName(tab: Tab): string {
  switch (tab) {
    case 'waiting':
      return 'Waiting';
    case 'mine':
      return 'Mine';
    case 'all':
      return 'All';
    case 'closed':
      return 'Closed';
  }
}
