// The colleagues: who is there, and how much each has in hand.

import type { DeskState } from '../../state/desk';
import { inOrder, loadWords, reachOf, reachWords } from '../../state/team';
import { Avatar } from '../avatar';

export function ColleaguesPage({ state }: { state: DeskState }) {
  return (
    <main class="plain-page" aria-labelledby="colleagues-title">
      <h1 id="colleagues-title">Team</h1>
      <ul>
        {inOrder(state.team).map((agent) => (
          <li key={agent.id} class="mate">
            <Avatar name={agent.name} reach={reachOf(agent)} small />
            <span dir="auto">{agent.name}</span>
            <span class="faint">
              {reachWords(reachOf(agent))}, {loadWords(agent.active, agent.capacity)}
            </span>
          </li>
        ))}
      </ul>
    </main>
  );
}
