// The settings: the list of sections, and the page of the one that is open.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Permission } from '../../../shared/people';
import { PeopleRest, type Roster } from '../../desk/people';
import type { DeskState } from '../../state/desk';
import { hasPermission } from '../../state/people';
import { SECTIONS, settingsFragment, type Section } from '../../state/route';
import { useDesk } from '../desk-page';
import { Failed, Loading } from '../form/states';
import { BackIcon } from '../icons';
import { CapacityPage } from './capacity-page';
import { SettingsContext, type Settings } from './context';
import { InboxesPage } from './inboxes-page';
import { SkillsPage } from './skills-page';
import { TeamsPage } from './teams-page';
import { UsersPage } from './users-page';
import '../../styles/form.css';
import '../../styles/settings.css';
import '../../styles/people.css';
import '../../styles/narrow.css';

/** On a phone nothing is open at first but the list; where there is room, the users are. */
const FIRST: Section = 'users';

export function SettingsPage({ state }: { state: DeskState }) {
  const chosen = state.screen.kind === 'settings' ? state.screen.section : null;
  const section = chosen ?? FIRST;
  const page = useRef<HTMLDivElement>(null);
  useEffect(() => page.current?.scrollTo({ top: 0 }), [section, itemOf(state)]);
  return (
    <main class="settings" data-section={chosen ?? 'none'}>
      <Sections open={section} chosen={chosen} />
      <div class="settings-page" ref={page}>
        {itemOf(state) === null && (
          <a class="page-back settings-back" href={settingsFragment()}>
            <BackIcon />
            Settings
          </a>
        )}
        <WithRoster state={state} section={section} />
      </div>
    </main>
  );
}

function Sections({ open, chosen }: { open: Section; chosen: Section | null }) {
  return (
    <nav class="sections" aria-label="Settings">
      <h1>Settings</h1>
      <ul>
        {SECTIONS.map((section) => (
          <li key={section} class="section" data-current={section === (chosen ?? open)}>
            <a
              href={settingsFragment(section)}
              aria-describedby={`about-${section}`}
              aria-current={section === (chosen ?? open) ? 'page' : undefined}
            >
              {sectionName(section)}
            </a>
            <span id={`about-${section}`} class="faint">
              {sectionAbout(section)}
            </span>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function WithRoster({ state, section }: { state: DeskState; section: Section }) {
  const desk = useDesk();
  const rest = useMemo(() => new PeopleRest(() => desk.state.session.csrf_token), [desk]);
  const [roster, setRoster] = useState<Roster | null>(null);
  const [failed, setFailed] = useState(false);
  const reload = async (): Promise<void> => {
    const answer = await rest.roster();
    if (answer.kind === 'problem' && answer.problem.status === 401) desk.signedOut();
    if (answer.kind === 'ok') setRoster(answer.value);
    setFailed(answer.kind !== 'ok');
  };
  const item = itemOf(state);
  // Others change things too: whoever goes to a page, or comes back to it, sees what holds now.
  useEffect(() => {
    if (state.looking || roster === null) void reload();
  }, [section, item, state.looking]);
  if (roster === null) {
    if (!failed) return <Loading />;
    return <Failed text="The settings could not be loaded." onAgain={() => void reload()} />;
  }
  const me = roster.users.find((user) => user.id === state.session.agent) ?? null;
  const may = (permission: Permission): boolean => me !== null && hasPermission(me, permission);
  const settings: Settings = { state, rest, roster, me, may, reload };
  return (
    <SettingsContext.Provider value={settings}>
      {failed && (
        <p class="settings-stale" role="status">
          What you see may be out of date: the node cannot be reached.
        </p>
      )}
      <SectionPage section={section} item={item} />
    </SettingsContext.Provider>
  );
}

function itemOf({ screen }: DeskState): string | null {
  return screen.kind === 'settings' ? screen.item : null;
}

function SectionPage({ section, item }: { section: Section; item: string | null }) {
  switch (section) {
    case 'users':
      return <UsersPage item={item} />;
    case 'teams':
      return <TeamsPage item={item} />;
    case 'skills':
      return <SkillsPage />;
    case 'capacity':
      return <CapacityPage />;
    case 'inboxes':
      return <InboxesPage item={item} />;
  }
}

function sectionName(section: Section): string {
  switch (section) {
    case 'users':
      return 'Users';
    case 'teams':
      return 'Teams';
    case 'skills':
      return 'Skills';
    case 'capacity':
      return 'Capacity limits';
    case 'inboxes':
      return 'Inboxes';
  }
}

function sectionAbout(section: Section): string {
  switch (section) {
    case 'users':
      return 'Seats, permissions, working hours';
    case 'teams':
      return 'Who works with whom';
    case 'skills':
      return 'What users and teams are good at';
    case 'capacity':
      return 'How many chats at once';
    case 'inboxes':
      return 'Who may see and answer what';
  }
}
