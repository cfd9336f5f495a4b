// Skills by category (SK-2): who has them, adding several at once, renaming, deleting.

import { useEffect, useState } from 'preact/hooks';
import type { SkillCategory } from '../../../shared/people';
import { rulesWith, spokenLanguages, spokenWords, type RuleOf } from '../../state/skills';
import { Empty } from '../form/states';
import { useSettings } from './context';
import { NewSkillsForm } from './new-skills-form';
import { PageHead } from './page-head';
import { RenameCategory } from './skill-dialogs';
import { SkillLine } from './skill-line';

export function SkillsPage() {
  const { roster, rest, may } = useSettings();
  const { categories } = roster;
  const [rules, setRules] = useState<readonly RuleOf[]>([]);
  useEffect(() => void rest.rules().then(setRules), [rest]);
  return (
    <>
      <PageHead title="Skills">
        What users and teams are good at, for rules that send a chat to those who can help. They are
        given on the page of a user or a team.
      </PageHead>
      {may('super_admin') ? (
        <NewSkillsForm />
      ) : (
        <p class="card-locked">Only a super admin can change skills.</p>
      )}
      {categories.length === 0 ? (
        <Empty>There are no skills yet but the languages.</Empty>
      ) : (
        categories.map((category) => (
          <Category key={category.name} category={category} rules={rules} />
        ))
      )}
      <Languages />
    </>
  );
}

interface CategoryProps {
  category: SkillCategory;
  rules: readonly RuleOf[];
}

function Category({ category, rules }: CategoryProps) {
  const { may } = useSettings();
  return (
    <section class="card" aria-label={category.name}>
      <div class="card-head">
        <h2 dir="auto">{category.name}</h2>
        {may('super_admin') && <RenameCategory category={category} />}
      </div>
      <ul class="card-rows">
        {category.skills.map((skill) => (
          <SkillLine key={skill.id} skill={skill} rules={rulesWith(skill.id, rules)} />
        ))}
      </ul>
    </section>
  );
}

/** Built in: there is nothing to add, rename or delete (SK-3). */
function Languages() {
  const { roster } = useSettings();
  const spoken = spokenLanguages(roster.languages, roster);
  return (
    <section class="card" aria-labelledby="languages-title">
      <h2 id="languages-title">Languages</h2>
      <p class="card-about">
        {roster.languages.length} are built in. Everybody can have each of them as a main or a
        secondary language.
      </p>
      {spoken.length === 0 ? (
        <p class="faint">Nobody has one yet.</p>
      ) : (
        <ul class="card-rows">
          {spoken.map(({ code, name, main, secondary }) => (
            <li key={code}>
              <span>{name}</span>
              <span class="faint">{spokenWords(main, secondary)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
