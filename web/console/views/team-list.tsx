// The colleagues: who is there, and how many of their slots are taken.

import type { AgentId } from '../../shared/protocol';
import { inOrder, loadWords, reachOf, reachWords, shortLoad, type Team } from '../state/team';
import { Avatar } from './avatar';

export function TeamList({ team, me }: { team: Team; me: AgentId }) {
  const colleagues = inOrder(team).filter((agent) => agent.id !== me);
  return (
    <section class="team" aria-labelledby="team-title">
      <h2 id="team-title" class="caption rail-word">
        Team
      </h2>
      <ul>
        {colleagues.map((agent) => (
          <li key={agent.id} class="mate" title={`${agent.name}: ${reachWords(reachOf(agent))}`}>
            <Avatar name={agent.name} reach={reachOf(agent)} small />
            <span class="rail-text" dir="auto">
              {agent.name}
            </span>
            <span class="mate-load faint">
              <span aria-hidden="true">{shortLoad(agent.active, agent.capacity)}</span>
              <span class="hidden-text">{loadWords(agent.active, agent.capacity)}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
