// The desk: rail, list, conversation and facts side by side, as wide as the window allows; or
// the rail and another page.

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
import { Confirm } from './form/confirm';
import { moveInList } from './keys';
import { LineBanner } from './line-banner';
import { ListPane } from './list-pane';
import { Outlet } from './outlet';
import { Rail } from './rail';
import { StatusAlert } from './status-alert';
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
  const { screen } = state;
  const open = openConversation(state);
  return (
    <DeskContext.Provider value={desk}>
      <div class="page">
        <LineBanner line={state.line} />
        <StatusAlert state={state} />
        <div
          class="desk"
          data-screen={screen.kind}
          data-open={open !== null}
          data-facts={facts && open !== null}
          data-line={state.line}
        >
          <Rail state={state} onLeave={() => void leave()} />
          {screen.kind === 'desk' ? (
            <Conversations state={state} facts={facts} onFacts={setFacts} />
          ) : (
            <Outlet key={screen.kind} state={state} kind={screen.kind} />
          )}
        </div>
        {state.leavingTo !== null && <LeaveUnsaved />}
        <Toast toast={state.toast} />
      </div>
    </DeskContext.Provider>
  );
}

interface ConversationsProps {
  state: DeskState;
  facts: boolean;
  onFacts(shown: boolean): void;
}

function Conversations({ state, facts, onFacts }: ConversationsProps) {
  const { place, inbox, words, session } = state;
  const rows = shownRows(state.board, { tab: place.tab, inbox, words }, session.agent);
  const open = openConversation(state);
  return (
    <>
      <ListPane state={state} rows={rows} />
      <ConversationPane
        key={open?.id}
        state={state}
        conversation={open}
        factsShown={facts}
        onFacts={onFacts}
      />
      {open !== null && <Facts state={state} conversation={open} onClose={() => onFacts(false)} />}
    </>
  );
}

function LeaveUnsaved() {
  const desk = useDesk();
  return (
    <Confirm
      title="Leave without saving?"
      action="Discard changes"
      cancel="Stay here"
      danger
      onConfirm={() => desk.leaveUnsaved()}
      onCancel={() => desk.stay()}
    >
      <p>You have changed something on this page that is not saved.</p>
    </Confirm>
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
