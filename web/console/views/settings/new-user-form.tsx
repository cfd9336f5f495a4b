// A new user: who it is, their first password, seat and permissions.

import { PASSWORD_CHARS_MIN, type NewUser } from '../../../shared/people';
import { settingsFragment } from '../../state/route';
import { FormCard } from '../form/card';
import { TextField } from '../form/field';
import { useForm } from '../form/use-form';
import { useSettings } from './context';
import { PageHead } from './page-head';
import { PermissionChecks, SeatRadios } from './user-choices';

const BLANK: NewUser = {
  name: '',
  email: '',
  password: '',
  seat: 'service',
  permissions: [],
  capacity_override: null,
};

export function NewUserForm() {
  const { rest, reload } = useSettings();
  const back = settingsFragment('users');
  const form = useForm(BLANK, async (value) => {
    const body = { ...value, name: value.name.trim(), email: value.email.trim() };
    const answer = await rest.addUser(body);
    if (answer.kind === 'ok') {
      await reload();
      form.leaveFor(settingsFragment('users', answer.value.id));
    }
    return answer;
  });
  const { value } = form;
  return (
    <>
      <PageHead title="Add user" back={{ href: back, name: 'Users' }}>
        They can sign in at once with the password that you give them.
      </PageHead>
      <FormCard
        title="Account"
        form={form}
        shows={['name', 'email', 'password', 'seat']}
        save="Add user"
        always
        onCancel={() => form.leaveFor(back)}
      >
        <TextField
          label="Name"
          value={value.name}
          autocomplete="off"
          help="Visitors see it beside what the user writes."
          error={form.error('name')}
          onValue={(name) => form.set({ name })}
        />
        <TextField
          label="E-mail"
          type="email"
          autocomplete="off"
          value={value.email}
          error={form.error('email')}
          onValue={(email) => form.set({ email })}
        />
        <TextField
          label="Password"
          type="password"
          autocomplete="new-password"
          help={`At least ${PASSWORD_CHARS_MIN} characters.`}
          value={value.password}
          error={form.error('password')}
          onValue={(password) => form.set({ password })}
        />
        <SeatRadios
          value={value.seat}
          error={form.error('seat')}
          onValue={(seat) => form.set({ seat })}
        />
        <PermissionChecks
          value={value.permissions}
          error={form.error('permissions')}
          onValue={(permissions) => form.set({ permissions })}
        />
      </FormCard>
    </>
  );
}
