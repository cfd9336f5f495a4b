// The skills of a user or a team (SK-7): main and secondary languages, and those of the account.

import type { HeldSkills } from '../../../shared/people';
import type { Answer } from '../../desk/rest';
import { languageChoices, skillChoices } from '../../state/skills';
import { settingsFragment } from '../../state/route';
import { FormCard } from '../form/card';
import { Chips } from '../form/chips';
import { useForm } from '../form/use-form';
import { useSettings } from './context';

interface Props {
  held: HeldSkills;
  lockedFor: string | null;
  save(held: HeldSkills): Promise<Answer<unknown>>;
  /** Before the path of a complaint: `skills.` for a team. */
  path?: string;
}

export function SkillsForm({ held, lockedFor, save, path = '' }: Props) {
  const { roster } = useSettings();
  const form = useForm(held, save);
  const { value } = form;
  const { main_languages: main, secondary_languages: secondary } = value;
  const skills = skillChoices(roster.categories);
  return (
    <FormCard
      title="Skills"
      form={form}
      shows={['main_languages', 'secondary_languages', 'skills']}
      lockedFor={lockedFor}
    >
      <Chips
        label="Main languages"
        adds="a language"
        value={main}
        options={languageChoices(roster.languages, secondary)}
        error={form.errorWithin(`${path}main_languages`)}
        onValue={(main_languages) => form.set({ main_languages })}
      />
      <Chips
        label="Secondary languages"
        adds="a language"
        value={secondary}
        options={languageChoices(roster.languages, main)}
        error={form.errorWithin(`${path}secondary_languages`)}
        onValue={(secondary_languages) => form.set({ secondary_languages })}
      />
      {skills.length === 0 ? (
        <p class="form-help">
          Other skills are made on the page <a href={settingsFragment('skills')}>Skills</a>.
        </p>
      ) : (
        <Chips
          label="Other skills"
          adds="a skill"
          value={value.skills}
          options={skills}
          error={form.errorWithin(`${path}skills`)}
          onValue={(chosen) => form.set({ skills: chosen })}
        />
      )}
    </FormCard>
  );
}
