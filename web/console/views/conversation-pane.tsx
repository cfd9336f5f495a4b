// The open conversation: its head, its thread, who is writing, and the composer.

import type { Conversation } from '../state/conversation';
import type { DeskState } from '../state/desk';
import { Composer } from './composer';
import { ConversationHead } from './conversation-head';
import { Mark } from './icons';
import { Thread } from './thread';
import { Writing } from './writing';

interface Props {
  state: DeskState;
  conversation: Conversation | null;
  factsShown: boolean;
  onFacts(shown: boolean): void;
}

export function ConversationPane({ state, conversation, factsShown, onFacts }: Props) {
  if (conversation === null) return <Nothing />;
  return (
    <main class="conversation">
      <ConversationHead
        state={state}
        conversation={conversation}
        factsShown={factsShown}
        onFacts={onFacts}
      />
      {conversation.missing ? (
        <p class="empty">This conversation does not exist, or you may not see it.</p>
      ) : (
        <>
          <Thread state={state} conversation={conversation} />
          <Writing writers={conversation.writers} me={state.session.agent} />
          <Composer state={state} conversation={conversation} />
        </>
      )}
    </main>
  );
}

function Nothing() {
  return (
    <main class="conversation nothing">
      <Mark />
      <h1>No conversation is open</h1>
      <p>
        Choose one from the list, or move through it with <kbd>J</kbd> and <kbd>K</kbd> and open
        with <kbd>Enter</kbd>.
      </p>
    </main>
  );
}
