// The desk: rail, list, conversation and facts side by side, as wide as the window allows.

import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { Session } from '../../shared/protocol';
import { Desk } from '../desk/desk';
import { signOut } from '../desk/rest';
import { shownRows } from '../state/board';
import { openConversation, type DeskState } from '../state/desk';
import { attentionCount, documentTitle } from '../state/notices';
import { ConversationPane } from './conversation-pane';
import { Facts } from './facts';
import { moveInList } from './keys';
import { LineBanner } from './line-banner';
import { ListPane } from './list-pane';
import { Rail } from './rail';
import { Toast } from './toast';

const DeskContext = createContext<Desk | null>(null);

/** What the buttons do. */
export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error('a view of the desk stands outside of it');
  return desk;
}

interface Props {
  session: Session;
  /** `ended`: not by the agent's own wish. */
  onSignedOut(ended: boolean): void;
}

export function DeskPage({ session, onSignedOut }: Props) {
  const [desk, state] = useRunningDesk(session, () => onSignedOut(true));
  const [facts, setFacts] = useState(false);
  useTitle(state);
  useListKeys();
  if (desk === null || state === null) return null;

  const leave = async (): Promise<void> => {
    desk.end();
    await signOut(desk.state.session.csrf_token);
    onSignedOut(false);
  };
  const rows = shownRows(
    state.board,
    { tab: state.place.tab, inbox: state.inbox, words: state.words },
    state.session.agent,
  );
  const open = openConversation(state);
  return (
    <DeskContext.Provider value={desk}>
      <div class="page">
        <LineBanner line={state.line} />
        <div
          class="desk"
          data-open={open !== null}
          data-facts={facts && open !== null}
          data-line={state.line}
        >
          <Rail state={state} onLeave={() => void leave()} />
          <ListPane state={state} rows={rows} />
          <ConversationPane
            key={open?.id}
            state={state}
            conversation={open}
            factsShown={facts}
            onFacts={setFacts}
          />
          {open !== null && (
            <Facts state={state} conversation={open} onClose={() => setFacts(false)} />
          )}
        </div>
        <Toast toast={state.toast} />
      </div>
    </DeskContext.Provider>
  );
}

function useRunningDesk(
  session: Session,
  onSignedOut: () => void,
): [Desk | null, DeskState | null] {
  const [state, setState] = useState<DeskState | null>(null);
  const desk = useRef<Desk | null>(null);
  useEffect(() => {
    const running = new Desk(session, setState, onSignedOut);
    desk.current = running;
    running.start();
    return () => running.end();
  }, []);
  return [desk.current, state];
}

function useTitle(state: DeskState | null): void {
  const count =
    state === null ? 0 : attentionCount(state.board, state.seen, state.session.agent);
  useEffect(() => {
    document.title = documentTitle(count, 'Salotto');
  }, [count]);
  useEffect(
    () => () => {
      document.title = 'Salotto';
    },
    [],
  );
}

function useListKeys(): void {
  useEffect(() => {
    document.addEventListener('keydown', moveInList);
    return () => document.removeEventListener('keydown', moveInList);
  }, []);
}
