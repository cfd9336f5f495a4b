// The live view: how many wait, and how many can answer.

import { counts } from '../../state/board';
import type { DeskState } from '../../state/desk';
import { inOrder, reachOf } from '../../state/team';

export function LivePage({ state }: { state: DeskState }) {
  const found = counts(state.board, null, state.session.agent);
  const free = inOrder(state.team).filter((agent) => reachOf(agent) === 'available').length;
  return (
    <main class="plain-page" aria-labelledby="live-title">
      <h1 id="live-title">Live</h1>
      <p>
        {found.waiting} waiting, {free} available.
      </p>
    </main>
  );
}
