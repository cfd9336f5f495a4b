// One skill: its name, who has it, which rules ask for it (SK-5), renaming and deleting it (SK-6).

import type { Skill } from '../../../shared/people';
import { settingsFragment } from '../../state/route';
import { holdersOf, holdersWords, size, type RuleOf } from '../../state/skills';
import { useSettings } from './context';
import { DeleteSkill, RenameSkill } from './skill-dialogs';

interface Props {
  skill: Skill;
  /** Those that ask for it. */
  rules: readonly RuleOf[];
}

export function SkillLine({ skill, rules }: Props) {
  const { roster, may } = useSettings();
  const holders = holdersOf(skill, roster);
  return (
    <li class="skill">
      <div class="skill-facts">
        <strong dir="auto">{skill.name}</strong>
        {size(holders) + rules.length === 0 ? (
          <span class="faint">Nobody has it</span>
        ) : (
          <details>
            <summary>{holdersWords(skill.users.length, skill.teams.length, rules.length)}</summary>
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
              {rules.map((rule) => (
                <li key={`${rule.chatflow} ${rule.name}`} dir="auto">
                  Rule “{rule.name}” of “{rule.chatflow}”
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
      {may('super_admin') && (
        <div class="skill-buttons">
          <RenameSkill skill={skill} />
          <DeleteSkill skill={skill} rules={rules} />
        </div>
      )}
    </li>
  );
}
