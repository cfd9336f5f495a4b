// People as REST has them (`protocol/src/people.rs`, `people_api.rs`, `hours.rs`): the words.

import type { AgentId, AgentStatus, ChatflowId, InboxId } from './protocol';

export type TeamId = string;
export type SkillId = string;

export type Seat = 'none' | 'sales' | 'service';
export const SEATS: readonly Seat[] = ['service', 'sales', 'none'];

export type Permission =
  | 'super_admin'
  | 'users'
  | 'availability_management'
  | 'chatflows'
  | 'routing'
  | 'pick_out_of_order';
export const PERMISSIONS: readonly Permission[] = [
  'super_admin',
  'users',
  'availability_management',
  'chatflows',
  'routing',
  'pick_out_of_order',
];

export const NAME_CHARS_MAX = 100;
export const PASSWORD_CHARS_MIN = 8;
/** The highest limit that can be set. */
export const CAPACITY_MAX = 10_000;
/** Of the age up to which tickets count. */
export const TICKET_AGE_DAYS_MAX = 3_650;
/** The `capacity` of an `agents` line without a limit; REST says null instead. */
export const UNLIMITED = 4_294_967_295;

export interface HeldSkills {
  main_languages: string[];
  secondary_languages: string[];
  skills: SkillId[];
}

export interface User {
  id: AgentId;
  email: string;
  name: string;
  seat: Seat;
  permissions: Permission[];
  status: AgentStatus;
  /** Who set it, if it was somebody else. */
  status_by: AgentId | null;
  present: boolean;
  active: number;
  /** In force; null is without a limit. */
  capacity: number | null;
  /** Their own; null: as the account says. */
  capacity_override: number | null;
  /** Open tickets of help desks, and their own limit; null: as the account says. */
  tickets: number;
  ticket_capacity_override: number | null;
  skills: HeldSkills;
  deactivated_at_ms: number | null;
}

export interface NewUser {
  email: string;
  name: string;
  password: string;
  seat: Seat;
  permissions: Permission[];
  capacity_override: number | null;
}

/** What is left out stays as it is. */
export interface UserPatch {
  name?: string;
  seat?: Seat;
  permissions?: Permission[];
  capacity_override?: number | null;
  ticket_capacity_override?: number | null;
  deactivated?: boolean;
}

export interface Team {
  id: TeamId;
  name: string;
  main_members: AgentId[];
  extra_members: AgentId[];
  skills: HeldSkills;
}

export type NewTeam = Pick<Team, 'name' | 'main_members' | 'extra_members'>;
export type TeamPatch = Partial<Omit<Team, 'id'>>;

export interface Skill {
  id: SkillId;
  name: string;
  users: AgentId[];
  teams: TeamId[];
}

export interface SkillCategory {
  name: string;
  skills: Skill[];
}

export interface Skills {
  /** Built in: ISO 639-1. */
  languages: string[];
  categories: SkillCategory[];
}

export interface AccountSettings {
  capacity_limit_on: boolean;
  capacity_limit: number;
  /** For so long after the last message a conversation counts against the limit. */
  active_chat_window_ms: number;
  /** Of open tickets in help desks, as with chats. */
  ticket_capacity_limit_on: boolean;
  ticket_capacity_limit: number;
  /** Tickets that began longer ago do not count; without it all do. */
  ticket_age_days_max?: number | null;
}

/** Whom a chatflow's conversations go to: of it, what names skills. */
export interface RuleSkills {
  rules?: { name: string; skills?: SkillId[] }[];
}

/** What is left out stays as it is. */
export type AccountPatch = Partial<AccountSettings>;

export type InboxAccess =
  | { to: 'everyone' }
  | { to: 'chosen'; agents: AgentId[]; teams: TeamId[] };

export interface AccessAnswer {
  inbox: InboxId;
  access: InboxAccess;
}

export type InboxKind = 'inbox' | 'help_desk';

export interface KindAnswer {
  inbox: InboxId;
  kind: InboxKind;
}

export type Weekday =
  | 'monday'
  | 'tuesday'
  | 'wednesday'
  | 'thursday'
  | 'friday'
  | 'saturday'
  | 'sunday';
export const WEEKDAYS: readonly Weekday[] = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
];

/** `HH:MM`, the end up to `24:00`; an end that is not after the start is on the next day. */
export interface HoursRow {
  days: Weekday[];
  start: string;
  end: string;
}

/** `YYYY-MM-DDTHH:MM`, on the clock of the hours' zone. */
export interface Absence {
  from: string;
  until: string;
}

export interface WorkingHours {
  time_zone: string;
  weekly: HoursRow[];
  out_of_office: Absence[];
}

/** Who has access to the same inboxes: what the frame `agents` does not say (AV-34). */
export interface Colleague {
  id: AgentId;
  inboxes: InboxId[];
  /** Left out by whoever has set none. */
  hours?: HoursToday;
}

export interface HoursToday {
  time_zone: string;
  rows: { start: string; end: string }[];
  /** Out of office now, until this time on that clock. */
  out_until?: string;
}

export interface ChatflowName {
  id: ChatflowId;
  heading: string;
  inbox: InboxId;
}
