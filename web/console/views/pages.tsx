// The ways to the console's pages: in the rail, on a phone along the lower edge.

import type { ComponentChildren } from 'preact';
import type { DeskState } from '../state/desk';
import { fragmentOf, settingsFragment } from '../state/route';
import { ChatsIcon, GearIcon, TeamIcon } from './icons';

export function Pages({ state }: { state: DeskState }) {
  const { kind } = state.screen;
  const place = { tab: state.place.tab, open: null };
  return (
    <ul class="pages">
      <Way href={fragmentOf(place)} name="Chats" here={kind === 'desk'} icon={<ChatsIcon />} />
      <Way
        href="#/colleagues"
        name="Team"
        here={kind === 'colleagues' || kind === 'live'}
        icon={<TeamIcon />}
      />
      <Way
        href={settingsFragment()}
        name="Settings"
        here={kind === 'settings'}
        icon={<GearIcon />}
      />
    </ul>
  );
}

interface WayProps {
  href: string;
  name: string;
  here: boolean;
  icon: ComponentChildren;
}

function Way({ href, name, here, icon }: WayProps) {
  return (
    <li>
      <a class="way" href={href} title={name} aria-current={here ? 'page' : undefined}>
        {icon}
        <span class="way-name">{name}</span>
      </a>
    </li>
  );
}
