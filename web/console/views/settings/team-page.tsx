// One team: its name, main and extra members, its skills, and deleting it.

import { useState } from 'preact/hooks';
import type { NewTeam, Team } from '../../../shared/people';
import { userChoices } from '../../state/people';
import { complaintOf } from '../../state/problems';
import { settingsFragment } from '../../state/route';
import { FormCard } from '../form/card';
import { Chips } from '../form/chips';
import { Confirm } from '../form/confirm';
import { TextField } from '../form/field';
import { useForm, type Form } from '../form/use-form';
import { useSettings } from './context';
import { PageHead } from './page-head';
import { SkillsForm } from './skills-form';

const BACK = { href: settingsFragment('teams'), name: 'Teams' };
const BLANK: NewTeam = { name: '', main_members: [], extra_members: [] };
const SHOWS = ['name', 'main_members', 'extra_members'];

export function NewTeamForm() {
  const { rest, reload } = useSettings();
  const form = useForm(BLANK, async (value) => {
    const answer = await rest.addTeam({ ...value, name: value.name.trim() });
    if (answer.kind === 'ok') {
      await reload();
      form.leaveFor(settingsFragment('teams', answer.value.id));
    }
    return answer;
  });
  return (
    <>
      <PageHead title="Add team" back={BACK} />
      <FormCard
        title="Team"
        form={form}
        shows={SHOWS}
        save="Add team"
        always
        onCancel={() => form.leaveFor(BACK.href)}
      >
        <TeamFields form={form} />
      </FormCard>
    </>
  );
}

export function TeamPage({ team }: { team: Team }) {
  const { rest, reload, may } = useSettings();
  const { name, main_members, extra_members } = team;
  const form = useForm({ name, main_members, extra_members }, async (value) => {
    const answer = await rest.changeTeam(team.id, { ...value, name: value.name.trim() });
    if (answer.kind === 'ok') await reload();
    return answer;
  });
  const locked = 'To change this, you need the permission to add and edit users.';
  return (
    <>
      <PageHead title={team.name} back={BACK} />
      <FormCard title="Team" form={form} shows={SHOWS} lockedFor={may('users') ? null : locked}>
        <TeamFields form={form} />
      </FormCard>
      <SkillsForm
        held={team.skills}
        path="skills."
        lockedFor={may('super_admin') ? null : 'Only a super admin can change skills.'}
        save={async (skills) => {
          const answer = await rest.changeTeam(team.id, { skills });
          if (answer.kind === 'ok') await reload();
          return answer;
        }}
      />
      {may('users') && <DeleteTeam team={team} leave={form.leaveFor} />}
    </>
  );
}

function TeamFields({ form }: { form: Form<NewTeam> }) {
  const { roster } = useSettings();
  const { value } = form;
  const users = userChoices(roster.users);
  const without = (taken: readonly string[]) => users.filter((each) => !taken.includes(each.id));
  return (
    <>
      <TextField
        label="Name"
        value={value.name}
        error={form.error('name')}
        onValue={(name) => form.set({ name })}
      />
      <Chips
        label="Main members"
        help="Those whom rules mean that name the team."
        adds="a user"
        value={value.main_members}
        options={without(value.extra_members)}
        error={form.errorWithin('main_members')}
        onValue={(main_members) => form.set({ main_members })}
      />
      <Chips
        label="Extra members"
        help="See the team’s inboxes and can be assigned by hand, but rules pass them over."
        adds="a user"
        value={value.extra_members}
        options={without(value.main_members)}
        error={form.errorWithin('extra_members')}
        onValue={(extra_members) => form.set({ extra_members })}
      />
    </>
  );
}

interface DeleteProps {
  team: Team;
  leave(fragment: string): void;
}

function DeleteTeam({ team, leave }: DeleteProps) {
  const { rest, reload } = useSettings();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const remove = async (): Promise<void> => {
    setBusy(true);
    const answer = await rest.deleteTeam(team.id);
    setBusy(false);
    setAsking(false);
    if (answer.kind === 'ok') {
      leave(BACK.href);
      await reload();
    }
    if (answer.kind === 'problem') setError(`Not deleted. ${complaintOf(answer.problem)}`);
    if (answer.kind === 'unreachable') setError('Not deleted: the node cannot be reached.');
  };
  return (
    <section class="card" aria-labelledby="delete-title">
      <h2 id="delete-title">Delete</h2>
      <p class="card-about">Its members stay users. Their chats stay with them.</p>
      {error !== null && (
        <p class="form-error" role="alert">
          {error}
        </p>
      )}
      <div>
        <button type="button" class="button danger-quiet" onClick={() => setAsking(true)}>
          Delete team
        </button>
      </div>
      {asking && (
        <Confirm
          title={`Delete the team ${team.name}?`}
          action="Delete team"
          danger
          busy={busy}
          onConfirm={() => void remove()}
          onCancel={() => setAsking(false)}
        >
          <p>This cannot be undone. A team that an inbox or a rule still names is not deleted.</p>
        </Confirm>
      )}
    </section>
  );
}
