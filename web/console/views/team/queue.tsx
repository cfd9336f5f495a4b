// The queue of one inbox: place, visitor, wait, words, page; and whom to give it to.

import { useState } from 'preact/hooks';
import { visitorLabel } from '../../state/board';
import type { DeskState } from '../../state/desk';
import { ticking, type Queued } from '../../state/floor';
import { may } from '../../state/may';
import { fragmentOf } from '../../state/route';
import { isLong } from '../../state/words';
import { RowActions, WordsAndPage } from './row-actions';
import { useChatflowNames } from './use-names';

/** Rows drawn at first, and added at a press: a queue of hundreds stays calm. */
const ROWS_STEP = 25;

interface Props {
  state: DeskState;
  title: string;
  loading: boolean;
  queue: readonly Queued[];
  nowMs: number;
}

export function Queue({ state, title, loading, queue, nowMs }: Props) {
  const [shown, setShown] = useState(ROWS_STEP);
  const names = useChatflowNames();
  const chatflows = new Set(queue.map((each) => each.row.chatflow)).size > 1 ? names : null;
  const waiting = queue.filter((each) => each.position !== null).length;
  const barred = waiting > 1 && !may(state.session, 'pick_out_of_order');
  return (
    <section class="panel" aria-label={title}>
      <h2>
        {title} <span class="panel-count">{waiting}</span>
      </h2>
      {queue.length === 0 ? (
        <p class="panel-empty faint">{loading ? 'Loading…' : 'Nobody is waiting.'}</p>
      ) : (
        <>
          {barred && (
            <p class="panel-note faint">
              You may take or give away whoever has waited longest. The others need the permission
              “Pick out of order”.
            </p>
          )}
          <table class="live-table" data-chatflows={chatflows !== null}>
            <thead>
              <tr>
                <th scope="col">Place</th>
                <th scope="col">Visitor</th>
                <th scope="col">Waits</th>
                <th scope="col">Last words, page</th>
                {chatflows !== null && <th scope="col">Chatflow</th>}
                <th scope="col">
                  <span class="hidden-text">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {queue.slice(0, shown).map((each) => (
                <QueueRow
                  key={each.row.conversation}
                  state={state}
                  queued={each}
                  chatflows={chatflows}
                  nowMs={nowMs}
                />
              ))}
            </tbody>
          </table>
        </>
      )}
      {queue.length > shown && (
        <button type="button" class="button more" onClick={() => setShown(shown + 4 * ROWS_STEP)}>
          Show more ({queue.length - shown})
        </button>
      )}
    </section>
  );
}

interface RowProps {
  state: DeskState;
  queued: Queued;
  chatflows: ReadonlyMap<string, string> | null;
  nowMs: number;
}

function QueueRow({ state, queued, chatflows, nowMs }: RowProps) {
  const { row, position, inTurn, since_ms } = queued;
  const waited = nowMs - since_ms;
  const open = fragmentOf({ tab: 'waiting', open: row.conversation });
  return (
    <tr>
      <td class="live-place figures">{position ?? '–'}</td>
      <th scope="row" class="live-who">
        <a href={open}>{visitorLabel(row.number)}</a>
      </th>
      <td class="live-wait figures" data-long={isLong(waited)}>
        {position === null ? <span class="faint">Unassigned</span> : ticking(waited)}
      </td>
      <WordsAndPage row={row} teams={state.teams} nowMs={nowMs} />
      {chatflows !== null && (
        <td class="live-chatflow faint" dir="auto">
          {(row.chatflow !== undefined && chatflows.get(row.chatflow)) || ''}
        </td>
      )}
      <td class="live-actions">
        <RowActions
          state={state}
          row={row}
          barred={!inTurn && !may(state.session, 'pick_out_of_order')}
        />
      </td>
    </tr>
  );
}
