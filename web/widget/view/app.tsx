// The widget from top to bottom.

import type { JSX } from 'preact';

import { Banner } from './banner';
import { Composer } from './composer';
import { Header } from './header';
import { Timeline } from './timeline';
import type { Chat, ChatState } from '../chat';
import type { Draft } from '../draft';

interface Props {
  state: ChatState;
  chat: Chat;
  draft: Draft;
}

export function App({ state, chat, draft }: Props): JSX.Element {
  const escape = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.isComposing) chat.close();
  };
  return (
    <main class="app" onKeyDown={escape}>
      <Header state={state} onClose={() => chat.close()} />
      <Banner state={state} onReconnect={() => chat.reconnect()} />
      <Timeline state={state} chat={chat} />
      <Composer
        open={state.open}
        isClosed={state.conversation?.summary?.state === 'closed'}
        draft={draft.text}
        onDraft={(text) => {
          draft.changed(text);
          chat.typed(text);
        }}
        onSend={(text) => chat.send(text)}
      />
    </main>
  );
}
