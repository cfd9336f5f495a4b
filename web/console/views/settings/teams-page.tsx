// Teams: who is on them, or the page of one of them.

import type { Team } from '../../../shared/people';
import { byName } from '../../state/choices';
import { namesOf, namesWords } from '../../state/people';
import { NEW, settingsFragment } from '../../state/route';
import { heldWords } from '../../state/skills';
import { Empty } from '../form/states';
import { PlusIcon } from '../icons';
import { useSettings } from './context';
import { PageHead } from './page-head';
import { NewTeamForm, TeamPage } from './team-page';

export function TeamsPage({ item }: { item: string | null }) {
  const { roster, may } = useSettings();
  if (item === NEW && may('users')) return <NewTeamForm />;
  const team = roster.teams.find((each) => each.id === item);
  if (team !== undefined) return <TeamPage key={team.id} team={team} />;
  return (
    <>
      <PageHead
        title="Teams"
        action={
          may('users') && (
            <a class="button primary" href={settingsFragment('teams', NEW)}>
              <PlusIcon />
              Add team
            </a>
          )
        }
      >
        Rules that name a team give chats to its main members. Extra members see the same inboxes.
      </PageHead>
      {roster.teams.length === 0 ? (
        <Empty>There are no teams yet.</Empty>
      ) : (
        <Table teams={[...roster.teams].sort(byName)} />
      )}
    </>
  );
}

function Table({ teams }: { teams: readonly Team[] }) {
  const { roster } = useSettings();
  const names = (ids: readonly string[]) =>
    ids.length === 0 ? <span class="faint">None</span> : namesWords(namesOf(ids, roster.users));
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Main members</th>
          <th scope="col">Extra members</th>
          <th scope="col">Skills</th>
        </tr>
      </thead>
      <tbody>
        {teams.map((team) => (
          <tr key={team.id}>
            <th scope="row">
              <a class="row-link" href={settingsFragment('teams', team.id)} dir="auto">
                {team.name}
              </a>
            </th>
            <td data-label="Main members" dir="auto">
              {names(team.main_members)}
            </td>
            <td data-label="Extra members" dir="auto">
              {names(team.extra_members)}
            </td>
            <td data-label="Skills" dir="auto">
              {heldWords(team.skills, roster.categories) || <span class="faint">None</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
