// A decision record as a customer reads it: the rule, what decided, and every candidate (BY-3).

import type { DecisionRecord } from '../../shared/decision';
import type { AgentId } from '../../shared/protocol';
import { recordWords, verdictWords, whyNot } from '../state/record';
import { nameOf, shortLoad, type Team } from '../state/team';
import { useChatflowNames } from './team/use-names';

interface Props {
  record: DecisionRecord;
  team: Team;
  me: AgentId;
}

export function RecordView({ record, team, me }: Props) {
  const names = useChatflowNames();
  const chatflow = record.rule === undefined ? undefined : names.get(record.rule.chatflow);
  const words = recordWords(record, team, chatflow ?? null);
  const whyNotMe = whyNot(record, me, team);
  return (
    <div class="record">
      <p>
        {words.distribution} {words.tieBreak}
      </p>
      {words.steps.length > 0 && (
        <ol class="record-steps">
          {words.steps.map((step) => (
            <li key={step} dir="auto">
              {step}
            </li>
          ))}
        </ol>
      )}
      {whyNotMe !== null && (
        <p class="record-me">
          <strong>Why not me?</strong> {whyNotMe}
        </p>
      )}
      <table>
        <thead>
          <tr>
            <th scope="col">Agent</th>
            <th scope="col">Chats</th>
            <th scope="col">Why</th>
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
              <td>{verdictWords(each, record)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="faint">{words.versions}. The same facts choose the same agent.</p>
    </div>
  );
}
