// The agents, with bars of what they have in hand.

import { useState } from 'preact/hooks';
import { UNLIMITED } from '../../../shared/people';
import type { AgentPresence } from '../../../shared/protocol';
import type { DeskState } from '../../state/desk';
import { crewOf } from '../../state/floor';
import { loadWords, reachOf, reachWords, type Reach } from '../../state/team';
import { Avatar } from '../avatar';

const ROWS_STEP = 40;

export function Crew({ state }: { state: DeskState }) {
  const [shown, setShown] = useState(ROWS_STEP);
  const { agents, reach } = crewOf(state.team);
  return (
    <section class="panel crew" aria-label="Agents">
      <h2>
        Agents <span class="panel-count">{agents.length}</span>
      </h2>
      <p class="panel-note faint">{countWords(reach)}</p>
      <ul>
        {agents.slice(0, shown).map((agent) => (
          <Member key={agent.id} agent={agent} me={agent.id === state.session.agent} />
        ))}
      </ul>
      {agents.length > shown && (
        <button type="button" class="button more" onClick={() => setShown(shown + ROWS_STEP)}>
          Show more ({agents.length - shown})
        </button>
      )}
    </section>
  );
}

function Member({ agent, me }: { agent: AgentPresence; me: boolean }) {
  const reach = reachOf(agent);
  const load = loadWords(agent.active, agent.capacity);
  return (
    <li class="member" data-reach={reach} data-agent={agent.id}>
      <Avatar name={agent.name} reach={reach} small />
      <span class="member-name" dir="auto">
        {me ? `${agent.name} (you)` : agent.name}
      </span>
      <span class="member-reach faint">{reachWords(reach)}</span>
      {agent.capacity !== UNLIMITED && (
        <progress
          class="member-bar"
          aria-label={`Chats of ${agent.name}`}
          max={agent.capacity}
          value={Math.min(agent.active, agent.capacity)}
        />
      )}
      <span class="member-load faint figures">{load}</span>
    </li>
  );
}

function countWords(reach: Readonly<Record<Reach, number>>): string {
  const said = [
    `${reach.available} available`,
    ...(reach.full > 0 ? [`${reach.full} with all slots taken`] : []),
    ...(reach.away > 0 ? [`${reach.away} away`] : []),
    ...(reach.absent > 0 ? [`${reach.absent} not signed in`] : []),
  ];
  return `${said.join(', ')}.`;
}
