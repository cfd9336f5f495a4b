// One skill: its name, who has it (SK-5), renaming and deleting it (SK-6).

import type { Skill } from '../../../shared/people';
import { settingsFragment } from '../../state/route';
import { holdersOf, holdersWords, size } from '../../state/skills';
import { useSettings } from './context';
import { DeleteSkill, RenameSkill } from './skill-dialogs';

export function SkillLine({ skill }: { skill: Skill }) {
  const { roster, may } = useSettings();
  const holders = holdersOf(skill, roster);
  return (
    <li class="skill">
      <div class="skill-facts">
        <strong dir="auto">{skill.name}</strong>
        {size(holders) === 0 ? (
          <span class="faint">Nobody has it</span>
        ) : (
          <details>
            <summary>{holdersWords(skill.users.length, skill.teams.length)}</summary>
            <ul class="holders">
              {holders.users.map((user) => (
                <li key={user.id}>
                  <a href={settingsFragment('users', user.id)} dir="auto">
                    {user.name}
                  </a>
                </li>
              ))}
              {holders.teams.map((team) => (
                <li key={team.id}>
                  <a href={settingsFragment('teams', team.id)} dir="auto">
                    {team.name}
                  </a>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
      {may('super_admin') && (
        <div class="skill-buttons">
          <RenameSkill skill={skill} />
          <DeleteSkill skill={skill} />
        </div>
      )}
    </li>
  );
}
