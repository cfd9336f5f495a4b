// Beside the conversation: how it came to whom, and why it is not mine (BY-3).

import { useState } from 'preact/hooks';
import type { Conversation } from '../state/conversation';
import type { DeskState } from '../state/desk';
import { routingOf } from '../state/routing';
import { RecordView } from './record-view';

interface Props {
  state: DeskState;
  conversation: Conversation;
}

export function RoutingFacts({ state, conversation }: Props) {
  const [shown, setShown] = useState(false);
  const routing = routingOf(state, conversation);
  if (routing === null) return null;
  const { how, whyNotMe, record } = routing;
  return (
    <section class="routing-facts" aria-label="Routing">
      <h3 class="caption">Routing</h3>
      <p dir="auto">{how}</p>
      {whyNotMe !== null && (
        <p class="record-me" dir="auto">
          <strong>Why not me?</strong> {whyNotMe}
        </p>
      )}
      {record !== null && (
        <>
          <button
            type="button"
            class="link-button"
            aria-expanded={shown}
            onClick={() => setShown(!shown)}
          >
            {shown ? 'Hide the decision' : 'Show the decision'}
          </button>
          {shown && <RecordView record={record} team={state.team} me={state.session.agent} />}
        </>
      )}
    </section>
  );
}
