// An assignment or a change of state as one quiet line; a routed one says why (BY-3).

import type { AgentId, DecisionRecord } from '../../shared/protocol';
import { nameOf, shortLoad, type Team } from '../state/team';
import type { Line } from '../state/thread';
import { clockTime, policyWords, verdictWords } from '../state/words';
import { Time } from './time';

interface Props {
  line: Line;
  team: Team;
  me: AgentId;
}

export function LogLine({ line, team, me }: Props) {
  return (
    <li class="log-line">
      <p dir="auto">
        {line.text} <Time atMs={line.at_ms} text={clockTime(line.at_ms)} />
      </p>
      {line.why !== null && <Why record={line.why} team={team} me={me} />}
    </li>
  );
}

function Why({ record, team, me }: { record: DecisionRecord; team: Team; me: AgentId }) {
  return (
    <details class="why">
      <summary>Why this agent?</summary>
      <p>{policyWords(record.policy)}.</p>
      <table>
        <thead>
          <tr>
            <th scope="col">Agent</th>
            <th scope="col">Chats</th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {record.candidates.map((each) => (
            <tr key={each.agent} data-verdict={each.verdict}>
              <th scope="row" dir="auto">
                {nameOf(team, each.agent)}
                {each.agent === me && ' (you)'}
              </th>
              <td>{shortLoad(each.active, each.capacity)}</td>
              <td>{verdictWords(each.verdict)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="faint">
        Policy version {record.policy_version}, seed {record.seed}: the same facts choose the same
        agent.
      </p>
    </details>
  );
}
