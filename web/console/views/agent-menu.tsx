// A button with a menu of the team, their presence and load: to whom to give a conversation.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { TeamId } from '../../shared/people';
import type { AgentId, AgentPresence } from '../../shared/protocol';
import type { DeskState } from '../state/desk';
import { givable } from '../state/teams';
import { inOrder, reachOf, reachWords, shortLoad } from '../state/team';
import { Avatar } from './avatar';
import { useDesk } from './desk-page';
import { ChevronIcon, TeamIcon } from './icons';
import { moveAmong } from './keys';

interface Props {
  state: DeskState;
  label: string;
  /** What the menu is for, for those who do not see where it stands. */
  about: string;
  assignee: AgentId | null;
  /** "Nobody" may be chosen too. */
  nobody: boolean;
  disabled: boolean;
  onChoose(to: AgentId | null): void;
  /** The team that it waits for, if it was given to one. */
  chosenTeam: TeamId | null;
  onChooseTeam(team: TeamId): void;
  /** One more thing that can be done, beyond choosing. */
  more?: { readonly label: string; onChoose(): void };
}

const ITEMS = '[role^=menuitem]';

export function AgentMenu(props: Props) {
  const { label, about, assignee, disabled, onChoose, chosenTeam, onChooseTeam } = props;
  const desk = useDesk();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useOutside(box, open, () => setOpen(false));
  useEffect(() => {
    if (!open) return;
    box.current?.querySelector<HTMLElement>(ITEMS)?.focus();
    void desk.loadTeams();
  }, [open]);

  const leave = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const choose = (to: AgentId | null): void => {
    if (to !== assignee || chosenTeam !== null) onChoose(to);
    leave();
  };
  const chooseTeam = (team: TeamId): void => {
    if (team !== chosenTeam) onChooseTeam(team);
    leave();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') leave();
    if (event.key === 'Tab') setOpen(false);
  };
  return (
    <div class="assign" ref={box} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        class="button"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label === 'Assign' ? about : undefined}
        disabled={disabled}
        onClick={() => setOpen(!open)}
      >
        {label}
        <ChevronIcon />
      </button>
      {open && (
        <Menu
          {...props}
          onChoose={choose}
          onChooseTeam={chooseTeam}
          onMore={() => setOpen(false)}
        />
      )}
    </div>
  );
}

function Menu(props: Props & { onMore(): void }) {
  const { state, about, assignee, nobody, onChoose, chosenTeam, more, onMore } = props;
  return (
    <div
      class="menu"
      role="menu"
      aria-label={about}
      onKeyDown={(event) => moveAmong(event, ITEMS)}
    >
      {inOrder(state.team).map((agent) => (
        <Choice
          key={agent.id}
          agent={agent}
          me={agent.id === state.session.agent}
          chosen={agent.id === assignee}
          onChoose={() => onChoose(agent.id)}
        />
      ))}
      <TeamChoices {...props} />
      {nobody && (
        <button
          type="button"
          class="choice nobody"
          role="menuitemradio"
          aria-checked={assignee === null && chosenTeam === null}
          tabIndex={-1}
          onClick={() => onChoose(null)}
        >
          Nobody
        </button>
      )}
      {more !== undefined && (
        <button
          type="button"
          class="choice nobody"
          role="menuitem"
          tabIndex={-1}
          onClick={() => {
            onMore();
            more.onChoose();
          }}
        >
          {more.label}
        </button>
      )}
    </div>
  );
}

/** AS-41: it waits for the main members of the team. */
function TeamChoices({ state, chosenTeam, onChooseTeam }: Props) {
  return (
    <>
      {givable(state.teams).map(({ id, name }) => (
        <button
          key={id}
          type="button"
          class="choice"
          role="menuitemradio"
          aria-checked={id === chosenTeam}
          tabIndex={-1}
          onClick={() => onChooseTeam(id)}
        >
          <TeamIcon />
          <span class="choice-name">
            <span dir="auto">{name}</span>
            <span class="faint">Team: its main members</span>
          </span>
        </button>
      ))}
    </>
  );
}

interface ChoiceProps {
  agent: AgentPresence;
  me: boolean;
  chosen: boolean;
  onChoose(): void;
}

function Choice({ agent, me, chosen, onChoose }: ChoiceProps) {
  const reach = reachOf(agent);
  return (
    <button
      type="button"
      class="choice"
      role="menuitemradio"
      aria-checked={chosen}
      tabIndex={-1}
      onClick={onChoose}
    >
      <Avatar name={agent.name} reach={reach} small />
      <span class="choice-name">
        <span dir="auto">{me ? `${agent.name} (you)` : agent.name}</span>
        <span class="faint">{reachWords(reach)}</span>
      </span>
      <span class="faint">{shortLoad(agent.active, agent.capacity)}</span>
    </button>
  );
}

function useOutside(
  box: { current: HTMLElement | null },
  active: boolean,
  onOutside: () => void,
): void {
  useEffect(() => {
    if (!active) return;
    const pressed = (event: PointerEvent): void => {
      if (!(event.target instanceof Node) || !box.current?.contains(event.target)) onOutside();
    };
    document.addEventListener('pointerdown', pressed);
    return () => document.removeEventListener('pointerdown', pressed);
  }, [active]);
}
