// Visitors who left today before anybody took them; somebody may still write to them.

import { useState } from 'preact/hooks';
import { visitorLabel } from '../../state/board';
import type { DeskState } from '../../state/desk';
import { missedToday } from '../../state/floor';
import { fragmentOf } from '../../state/route';
import { clockTime } from '../../state/words';
import { RowActions, WordsAndPage } from './row-actions';

const ROWS_STEP = 10;

interface Props {
  state: DeskState;
  inbox: string | null;
  nowMs: number;
}

export function Missed({ state, inbox, nowMs }: Props) {
  const [shown, setShown] = useState(ROWS_STEP);
  const rows = missedToday(state.board, inbox, nowMs);
  return (
    <section class="panel" aria-label="Missed today">
      <h2>
        Missed today <span class="panel-count">{rows.length}</span>
      </h2>
      {rows.length === 0 ? (
        <p class="panel-empty faint">Nobody left before they were answered.</p>
      ) : (
        <table class="live-table">
          <thead>
            <tr>
              <th scope="col">At</th>
              <th scope="col">Visitor</th>
              <th scope="col">Last words, page</th>
              <th scope="col">
                <span class="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map((row) => (
              <tr key={row.conversation}>
                <td class="live-place figures">{clockTime(row.missed_at_ms ?? 0)}</td>
                <th scope="row" class="live-who">
                  <a href={fragmentOf({ tab: 'all', open: row.conversation })}>
                    {visitorLabel(row.number)}
                  </a>
                </th>
                <WordsAndPage row={row} teams={state.teams} nowMs={nowMs} />
                <td class="live-actions">
                  <RowActions state={state} row={row} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {rows.length > shown && (
        <button type="button" class="button more" onClick={() => setShown(shown + 4 * ROWS_STEP)}>
          Show more ({rows.length - shown})
        </button>
      )}
    </section>
  );
}
