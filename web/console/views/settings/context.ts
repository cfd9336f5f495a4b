// What every settings page works with: the people, who one is among them, and the node's REST.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Permission, User } from '../../../shared/people';
import type { PeopleRest, Roster } from '../../desk/people';
import type { DeskState } from '../../state/desk';

export interface Settings {
  readonly state: DeskState;
  readonly rest: PeopleRest;
  readonly roster: Roster;
  readonly me: User | null;
  may(permission: Permission): boolean;
  /** Resolves when `roster` is as the node has it now. */
  reload(): Promise<void>;
}

export const SettingsContext = createContext<Settings | null>(null);

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (settings === null) throw new Error('a settings page stands outside of the settings');
  return settings;
}
