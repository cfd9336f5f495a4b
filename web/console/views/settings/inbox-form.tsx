// Access to one inbox: everyone, or chosen users and teams.

import type { InboxAccess } from '../../../shared/people';
import type { InboxId } from '../../../shared/protocol';
import { accessOf, draftOf } from '../../state/access';
import { userChoices } from '../../state/people';
import { settingsFragment } from '../../state/route';
import { FormCard } from '../form/card';
import { Chips } from '../form/chips';
import { Radios } from '../form/choices';
import { useForm } from '../form/use-form';
import { useSettings } from './context';
import { InboxKindOf } from './inbox-kind';
import { PageHead } from './page-head';

const TO = [
  { value: 'everyone', name: 'Everyone', help: 'All users, those who come later too.' },
  {
    value: 'chosen',
    name: 'Specific users and teams',
    help: 'Only those named here, and all members of the teams, main and extra.',
  },
] as const;

interface Props {
  id: InboxId;
  name: string;
  access: InboxAccess;
  onSaved(): Promise<void>;
}

export function InboxForm({ id, name, access, onSaved }: Props) {
  const { roster, rest, may } = useSettings();
  const form = useForm(draftOf(access), async (draft) => {
    const answer = await rest.setAccess(id, accessOf(draft));
    if (answer.kind === 'ok') await onSaved();
    return answer;
  });
  const { value } = form;
  return (
    <>
      <PageHead title={name} back={{ href: settingsFragment('inboxes'), name: 'Inboxes' }} />
      <FormCard
        title="Access"
        form={form}
        shows={['agents', 'teams']}
        lockedFor={may('super_admin') ? null : 'Only a super admin can change who has access.'}
      >
        <Radios
          legend="Who may see and answer"
          value={value.to}
          choices={TO}
          onValue={(to) => form.set({ to })}
        />
        {value.to === 'chosen' && (
          <>
            <Chips
              label="Teams"
              adds="a team"
              value={value.teams}
              options={roster.teams}
              error={form.errorWithin('teams')}
              onValue={(teams) => form.set({ teams })}
            />
            <Chips
              label="Users"
              adds="a user"
              value={value.agents}
              options={userChoices(roster.users)}
              error={form.errorWithin('agents')}
              onValue={(agents) => form.set({ agents })}
            />
          </>
        )}
        <p class="form-help">
          What somebody has open when access is taken away stays open until they look for it again.
        </p>
      </FormCard>
      <InboxKindOf id={id} />
    </>
  );
}
