// Users: all accounts with their seat, teams and load, or the page of one of them.

import { useState } from 'preact/hooks';
import type { User } from '../../../shared/people';
import {
  isActive,
  namesWords,
  NO_FILTER,
  seatName,
  shownUsers,
  statusWords,
  teamsOf,
  withPresence,
} from '../../state/people';
import { NEW, settingsFragment } from '../../state/route';
import { loadWords, reachOf } from '../../state/team';
import { Avatar } from '../avatar';
import { Empty } from '../form/states';
import { PlusIcon } from '../icons';
import { useSettings } from './context';
import { NewUserForm } from './new-user-form';
import { PageHead } from './page-head';
import { UserFilters } from './user-filters';
import { UserPage } from './user-page';

/** Drawn at once; more at a click. */
const ROWS_STEP = 100;

export function UsersPage({ item }: { item: string | null }) {
  const { state, roster, may } = useSettings();
  if (item === NEW && may('users')) return <NewUserForm />;
  const users = withPresence(roster.users, state.team);
  const user = users.find((each) => each.id === item);
  if (user !== undefined) return <UserPage key={user.id} user={user} />;
  return <UserList users={users} />;
}

function UserList({ users }: { users: readonly User[] }) {
  const { roster, may } = useSettings();
  const [filter, setFilter] = useState(NO_FILTER);
  const [rows, setRows] = useState(ROWS_STEP);
  const shown = shownUsers(users, roster.teams, filter);
  return (
    <>
      <PageHead
        title="Users"
        action={
          may('users') && (
            <a class="button primary" href={settingsFragment('users', NEW)}>
              <PlusIcon />
              Add user
            </a>
          )
        }
      >
        Everybody who can sign in to this console.
      </PageHead>
      <UserFilters filter={filter} onFilter={setFilter} />
      <p class="count faint" role="status">
        {shown.length === 1 ? '1 user' : `${shown.length} users`}
      </p>
      {shown.length === 0 ? (
        <Empty>
          <p>Nobody fits.</p>
          <button type="button" class="link-button" onClick={() => setFilter(NO_FILTER)}>
            Show all active users
          </button>
        </Empty>
      ) : (
        <Table users={shown.slice(0, rows)} />
      )}
      {shown.length > rows && (
        <button type="button" class="button more" onClick={() => setRows(rows + ROWS_STEP)}>
          Show {Math.min(ROWS_STEP, shown.length - rows)} more
        </button>
      )}
    </>
  );
}

function Table({ users }: { users: readonly User[] }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Seat</th>
          <th scope="col">Teams</th>
          <th scope="col">Status</th>
          <th scope="col">Chats</th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <Row key={user.id} user={user} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ user }: { user: User }) {
  const { state, roster } = useSettings();
  const teams = teamsOf(user.id, roster.teams).map((team) => team.name);
  const me = user.id === state.session.agent;
  return (
    <tr data-state={isActive(user) ? 'active' : 'deactivated'}>
      <th scope="row">
        <span class="person">
          {isActive(user) ? (
            <Avatar name={user.name} reach={userReach(user)} small />
          ) : (
            <Avatar name={user.name} small />
          )}
          <span class="person-names">
            <a class="row-link" href={settingsFragment('users', user.id)} dir="auto">
              {me ? `${user.name} (you)` : user.name}
            </a>
            <span class="faint" dir="ltr">
              {user.email}
            </span>
          </span>
        </span>
      </th>
      <td data-label="Seat">{seatName(user.seat)}</td>
      <td data-label="Teams" dir="auto">
        {teams.length === 0 ? <span class="faint">None</span> : namesWords(teams, 2)}
      </td>
      <td data-label="Status">
        {isActive(user) ? statusWords(user) : <span class="tag">Deactivated</span>}
      </td>
      <td data-label="Chats">{loadWords(user.active, user.capacity)}</td>
    </tr>
  );
}

function userReach(user: User) {
  return reachOf({ ...user, capacity: user.capacity ?? Number.POSITIVE_INFINITY });
}
