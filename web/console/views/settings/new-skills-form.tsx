// Adding skills: a category and one name or several (SK-4).

import { useId } from 'preact/hooks';
import { FormCard } from '../form/card';
import { Field, TextField } from '../form/field';
import { useForm } from '../form/use-form';
import { CloseIcon, PlusIcon } from '../icons';
import { useSettings } from './context';

const BLANK = { category: '', names: [''] };

export function NewSkillsForm() {
  const { roster, rest, reload } = useSettings();
  const list = useId();
  const form = useForm(BLANK, async ({ category, names }) => {
    const answer = await rest.addSkills(
      category.trim(),
      names.map((name) => name.trim()),
    );
    if (answer.kind === 'ok') await reload();
    return answer;
  });
  const { category, names } = form.value;
  const rename = (at: number, name: string): void =>
    form.set({ names: names.map((each, index) => (index === at ? name : each)) });
  return (
    <FormCard title="Add skills" form={form} shows={['category', 'names']} save="Add">
      <Field
        label="Category"
        help="Choose one that is there, or type a new one."
        error={form.error('category')}
      >
        {(wiring) => (
          <>
            <input
              {...wiring}
              class="field"
              dir="auto"
              list={list}
              autocomplete="off"
              value={category}
              onInput={(event) => form.set({ category: event.currentTarget.value })}
            />
            <datalist id={list}>
              {roster.categories.map(({ name }) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      {names.map((name, at) => (
        <div key={at} class="with-remove">
          <TextField
            label={names.length === 1 ? 'Skill' : `Skill ${at + 1}`}
            value={name}
            error={form.error(`names[${at}]`)}
            onValue={(text) => rename(at, text)}
          />
          {names.length > 1 && (
            <button
              type="button"
              class="icon-button"
              aria-label={`Remove skill ${at + 1}`}
              onClick={() => form.set({ names: names.filter((_, index) => index !== at) })}
            >
              <CloseIcon />
            </button>
          )}
        </div>
      ))}
      <div>
        <button type="button" class="button" onClick={() => form.set({ names: [...names, ''] })}>
          <PlusIcon />
          Add another skill
        </button>
      </div>
    </FormCard>
  );
}
