// What an account is: name, seat, permissions, and a capacity of its own.

import { CAPACITY_MAX, type User, type UserPatch } from '../../../shared/people';
import { accountLimitWords, hasPermission, patchOf, type UserDraft } from '../../state/people';
import { FormCard } from '../form/card';
import { Radios } from '../form/choices';
import { TextField } from '../form/field';
import { useForm } from '../form/use-form';
import { wholeNumber } from './capacity-page';
import { useSettings } from './context';
import { PermissionChecks, SeatRadios } from './user-choices';

export function UserForm({ user }: { user: User }) {
  const { roster, rest, may, reload } = useSettings();
  const stored: UserDraft = {
    name: user.name,
    seat: user.seat,
    permissions: user.permissions,
    limits: user.capacity_override === null ? 'account' : 'own',
    limit: String(user.capacity_override ?? roster.account.capacity_limit),
  };
  const form = useForm(stored, async (draft) => {
    const patch: UserPatch = patchOf(stored, { ...draft, limit: String(wholeNumber(draft.limit)) });
    const answer = await rest.changeUser(user.id, patch);
    if (answer.kind === 'ok') await reload();
    return answer;
  });
  const { value } = form;
  return (
    <FormCard
      title="Account"
      form={form}
      shows={['name', 'seat', 'permissions', 'capacity_override']}
      lockedFor={lockOf(user, may('users'), may('super_admin'))}
    >
      <TextField
        label="Name"
        value={value.name}
        error={form.error('name')}
        onValue={(name) => form.set({ name })}
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
      <Capacity
        limits={value.limits}
        limit={value.limit}
        error={form.error('capacity_override')}
        onValue={form.set}
      />
    </FormCard>
  );
}

interface CapacityProps extends Pick<UserDraft, 'limits' | 'limit'> {
  error: string | null;
  onValue(change: Partial<UserDraft>): void;
}

/** How many chats somebody is given is for super admins (PERM-9). */
function Capacity({ limits, limit, error, onValue }: CapacityProps) {
  const { roster, may } = useSettings();
  const isLocked = may('users') && !may('super_admin');
  const locked = isLocked ? 'Only a super admin can change the limit.' : undefined;
  const account = accountLimitWords(roster.account);
  return (
    <>
      <Radios
        legend="Capacity"
        value={limits}
        choices={[
          { value: 'account', name: 'As the account says', help: account, locked },
          {
            value: 'own',
            name: 'A limit of their own',
            help: 'Whatever holds for the others.',
            locked,
          },
        ]}
        onValue={(value) => onValue({ limits: value })}
      />
      {limits === 'own' && (
        <div class="form-short">
          <TextField
            label="Chats at once"
            type="number"
            min={1}
            max={CAPACITY_MAX}
            value={limit}
            error={error}
            disabled={isLocked}
            onValue={(value) => onValue({ limit: value })}
          />
        </div>
      )}
    </>
  );
}

function lockOf(user: User, mayEdit: boolean, isSuperAdmin: boolean): string | null {
  if (!mayEdit) return 'To change this, you need the permission to add and edit users.';
  if (hasPermission(user, 'super_admin') && !isSuperAdmin) {
    return 'Only a super admin can change a super admin.';
  }
  return null;
}
