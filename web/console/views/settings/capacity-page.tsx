// Capacity limits (CAP-1): how many chats everybody is given at once who has no own limit.

import { CAPACITY_MAX, type AccountPatch, type User } from '../../../shared/people';
import { byName } from '../../state/choices';
import { isActive } from '../../state/people';
import { settingsFragment } from '../../state/route';
import { FormCard } from '../form/card';
import { Switch } from '../form/choices';
import { TextField } from '../form/field';
import { useForm } from '../form/use-form';
import { PageHead } from './page-head';
import { useSettings } from './context';
import { TicketLimit } from './ticket-limit';

const HOUR_MS = 3_600_000;
/** Thirty days. */
const WINDOW_HOURS_MAX = 720;
/** The node counts in milliseconds, and would say so. */
const WINDOW_COMPLAINT = `This must be a whole number from 1 to ${WINDOW_HOURS_MAX}.`;

export function CapacityPage() {
  const { roster, rest, reload, may } = useSettings();
  const { account } = roster;
  const stored = {
    on: account.capacity_limit_on,
    limit: String(account.capacity_limit),
    hours: String(account.active_chat_window_ms / HOUR_MS),
  };
  const form = useForm(stored, async ({ on, limit, hours }) => {
    const body: AccountPatch = { capacity_limit_on: on, capacity_limit: wholeNumber(limit) };
    if (hours !== stored.hours) body.active_chat_window_ms = wholeNumber(hours) * HOUR_MS;
    const answer = await rest.changeAccount(body);
    if (answer.kind === 'ok') await reload();
    return answer;
  });
  return (
    <>
      <PageHead title="Capacity limits">
        How many chats a user can have in hand before new ones go to somebody else, or wait.
      </PageHead>
      <FormCard
        title="For everybody"
        form={form}
        shows={['capacity_limit', 'active_chat_window_ms']}
        lockedFor={may('super_admin') ? null : 'Only a super admin can change the limit.'}
      >
        <Switch
          label="Turn on capacity limit"
          help={
            form.value.on
              ? 'Whoever has that many active chats is given no more until one is done.'
              : 'Without it, everybody is given as many chats as there are.'
          }
          on={form.value.on}
          onChange={(on) => form.set({ on })}
        />
        {form.value.on && (
          <div class="form-short">
            <TextField
              label="Chats at once, for each user"
              type="number"
              min={1}
              max={CAPACITY_MAX}
              value={form.value.limit}
              error={form.error('capacity_limit')}
              onValue={(limit) => form.set({ limit })}
            />
          </div>
        )}
        <div class="form-short">
          <TextField
            label="A chat counts for so many hours"
            type="number"
            min={1}
            max={WINDOW_HOURS_MAX}
            help="After its last message, for users with a limit of their own as well."
            value={form.value.hours}
            error={form.error('active_chat_window_ms') === null ? null : WINDOW_COMPLAINT}
            onValue={(hours) => form.set({ hours })}
          />
        </div>
      </FormCard>
      <TicketLimit />
      <Counts />
      <Own users={roster.users} />
    </>
  );
}

/** What is no number goes to the node as 0, which it refuses in its own words. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  return text.trim() !== '' && Number.isInteger(number) && number >= 0 ? number : 0;
}

function Counts() {
  return (
    <section class="card" aria-labelledby="counts-title">
      <h2 id="counts-title">What counts</h2>
      <ul class="card-list">
        <li>The limit holds for each user over all inboxes and teams together.</li>
        <li>
          A chat counts for whom it is assigned to, until it is closed, handed on, or nobody has
          written for so long.
        </li>
        <li>When everybody is at the limit, new chats wait and the oldest is given out first.</li>
        <li>By hand, a chat can be assigned to anybody, whatever their limit.</li>
      </ul>
    </section>
  );
}

function Own({ users }: { users: readonly User[] }) {
  const own = users.filter((user) => isActive(user) && user.capacity_override !== null);
  return (
    <section class="card" aria-labelledby="own-title">
      <h2 id="own-title">Users with a limit of their own</h2>
      {own.length === 0 ? (
        <p class="card-about">Nobody. It is set on the page of a user.</p>
      ) : (
        <ul class="card-rows">
          {own.sort(byName).map((user) => (
            <li key={user.id}>
              <a href={settingsFragment('users', user.id)} dir="auto">
                {user.name}
              </a>
              <span class="faint">{user.capacity_override} chats at once</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
