// An assignment or a change of state as one quiet line; a routed one says why (BY-3).

import type { DecisionRecord } from '../../shared/decision';
import type { AgentId } from '../../shared/protocol';
import type { Team } from '../state/team';
import type { Line } from '../state/thread';
import { clockTime } from '../state/words';
import { RecordView } from './record-view';
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
      <RecordView record={record} team={team} me={me} />
    </details>
  );
}
