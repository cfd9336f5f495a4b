// How many tickets of help desks everybody is given (CAP-20), and a user's own limit of them.

import { CAPACITY_MAX, TICKET_AGE_DAYS_MAX, type User } from '../../../shared/people';
import { FormCard } from '../form/card';
import { Radios, Switch } from '../form/choices';
import { TextField } from '../form/field';
import { useForm } from '../form/use-form';
import { wholeNumber } from './capacity-page';
import { useSettings } from './context';

/** PERM-10 */
const LOCKED = 'To change this, you need the permission to add and edit users.';

export function TicketLimit() {
  const { roster, rest, may, reload } = useSettings();
  const { account } = roster;
  const stored = {
    on: account.ticket_capacity_limit_on,
    limit: String(account.ticket_capacity_limit),
    age: String(account.ticket_age_days_max ?? ''),
  };
  const form = useForm(stored, async ({ on, limit, age }) => {
    const body = {
      ticket_capacity_limit_on: on,
      ticket_capacity_limit: wholeNumber(limit),
      ticket_age_days_max: age.trim() === '' ? null : wholeNumber(age),
    };
    const answer = await rest.changeAccount(body);
    if (answer.kind === 'ok') await reload();
    return answer;
  });
  return (
    <FormCard
      title="Tickets of help desks"
      about="A ticket counts as long as it is open, whenever somebody last wrote."
      form={form}
      shows={['ticket_capacity_limit', 'ticket_age_days_max']}
      lockedFor={may('users') ? null : LOCKED}
    >
      <Switch
        label="Turn on ticket limit"
        help={
          form.value.on
            ? 'Whoever has that many open tickets is given no more until one is closed.'
            : 'Without it, everybody is given as many tickets as there are.'
        }
        on={form.value.on}
        onChange={(on) => form.set({ on })}
      />
      {form.value.on && (
        <div class="form-short">
          <TextField
            label="Open tickets, for each user"
            type="number"
            min={1}
            max={CAPACITY_MAX}
            value={form.value.limit}
            error={form.error('ticket_capacity_limit')}
            onValue={(limit) => form.set({ limit })}
          />
          <TextField
            label="Leave out tickets older than (days)"
            help="Empty: tickets count however old they are."
            type="number"
            min={1}
            max={TICKET_AGE_DAYS_MAX}
            value={form.value.age}
            error={form.error('ticket_age_days_max')}
            onValue={(age) => form.set({ age })}
          />
        </div>
      )}
    </FormCard>
  );
}

export function TicketsOfUser({ user, locked }: { user: User; locked: boolean }) {
  const { roster, rest, reload } = useSettings();
  const { account } = roster;
  const own = user.ticket_capacity_override;
  const stored = {
    limits: own === null ? 'account' : 'own',
    limit: String(own ?? account.ticket_capacity_limit),
  };
  const form = useForm(stored, async ({ limits, limit }) => {
    const ticket_capacity_override = limits === 'own' ? wholeNumber(limit) : null;
    const answer = await rest.changeUser(user.id, { ticket_capacity_override });
    if (answer.kind === 'ok') await reload();
    return answer;
  });
  const { value } = form;
  const forAll = account.ticket_capacity_limit_on
    ? `That is ${account.ticket_capacity_limit} open tickets just now.`
    : 'There is no limit just now.';
  return (
    <FormCard
      title="Tickets"
      about={`${user.tickets} open.`}
      form={form}
      shows={['ticket_capacity_override']}
      lockedFor={locked ? LOCKED : null}
    >
      <Radios
        legend="Ticket limit"
        value={value.limits}
        choices={[
          { value: 'account', name: 'As the account says', help: forAll },
          { value: 'own', name: 'A limit of their own', help: 'Whatever holds for the others.' },
        ]}
        onValue={(limits) => form.set({ limits })}
      />
      {value.limits === 'own' && (
        <div class="form-short">
          <TextField
            label="Open tickets"
            type="number"
            min={1}
            max={CAPACITY_MAX}
            value={value.limit}
            error={form.error('ticket_capacity_override')}
            onValue={(limit) => form.set({ limit })}
          />
        </div>
      )}
    </FormCard>
  );
}
