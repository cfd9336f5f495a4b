// Renaming a skill or a category, and deleting a skill that nobody has any more (SK-5, SK-6).

import { useState } from 'preact/hooks';
import type { Skill, SkillCategory } from '../../../shared/people';
import type { Answer } from '../../desk/rest';
import { namesWords } from '../../state/people';
import { complaintOf } from '../../state/problems';
import { holdersOf, size, type RuleOf } from '../../state/skills';
import { Confirm } from '../form/confirm';
import { TextField } from '../form/field';
import { useSettings } from './context';

export function RenameSkill({ skill }: { skill: Skill }) {
  const { rest } = useSettings();
  return (
    <Rename
      what={`Rename ${skill.name}`}
      now={skill.name}
      save={(name) => rest.changeSkill(skill.id, { name })}
    />
  );
}

export function RenameCategory({ category }: { category: SkillCategory }) {
  const { rest } = useSettings();
  return (
    <Rename
      what={`Rename the category ${category.name}`}
      now={category.name}
      save={(name) => rest.renameCategory(category.name, name)}
    />
  );
}

interface RenameProps {
  what: string;
  now: string;
  save(name: string): Promise<Answer<unknown>>;
}

function Rename({ what, now, save }: RenameProps) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState(now);
  const asked = useAsked(() => save(name.trim()), () => setOpen(false));
  return (
    <>
      <button
        type="button"
        class="button quiet"
        aria-label={what}
        onClick={() => {
          setName(now);
          asked.forget();
          setOpen(true);
        }}
      >
        Rename
      </button>
      {open && (
        <Confirm
          title={what}
          action="Rename"
          busy={asked.busy}
          onConfirm={() => void asked.ask()}
          onCancel={() => setOpen(false)}
        >
          <TextField label="Name" value={name} error={asked.error} onValue={setName} />
        </Confirm>
      )}
    </>
  );
}

/** SK-6: while it is in use, there is nothing to confirm but by whom. */
export function DeleteSkill({ skill, rules }: { skill: Skill; rules: readonly RuleOf[] }) {
  const { rest, roster } = useSettings();
  const [open, setOpen] = useState(false);
  const asked = useAsked(() => rest.deleteSkill(skill.id), () => setOpen(false));
  const holders = holdersOf(skill, roster);
  const held = size(holders) + rules.length > 0;
  const names = [
    ...[...holders.users, ...holders.teams].map((each) => each.name),
    ...rules.map((rule) => `the rule “${rule.name}”`),
  ];
  const start = (): void => {
    asked.forget();
    setOpen(true);
  };
  return (
    <>
      <button
        type="button"
        class="button quiet"
        aria-label={`Delete ${skill.name}`}
        onClick={start}
      >
        Delete
      </button>
      {open && (
        <Confirm
          title={held ? `${skill.name} is still in use` : `Delete ${skill.name}?`}
          action={held ? 'Close' : 'Delete skill'}
          cancel={held ? null : 'Cancel'}
          danger={!held}
          busy={asked.busy}
          onConfirm={() => (held ? setOpen(false) : void asked.ask())}
          onCancel={() => setOpen(false)}
        >
          {held ? (
            <p dir="auto">Take it from {namesWords(names, 8)} first.</p>
          ) : (
            <p>Nobody has it. This cannot be undone.</p>
          )}
          {asked.error !== null && (
            <p class="form-error" role="alert">
              {asked.error}
            </p>
          )}
        </Confirm>
      )}
    </>
  );
}

/** One request of a dialog: done, or what is wrong with it. */
function useAsked(request: () => Promise<Answer<unknown>>, onDone: () => void) {
  const { reload } = useSettings();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const ask = async (): Promise<void> => {
    setBusy(true);
    const answer = await request();
    setBusy(false);
    setError(wrongWith(answer));
    if (answer.kind !== 'ok') return;
    await reload();
    onDone();
  };
  return { busy, error, ask, forget: () => setError(null) };
}

function wrongWith(answer: Answer<unknown>): string | null {
  switch (answer.kind) {
    case 'ok':
      return null;
    case 'problem':
      return complaintOf(answer.problem);
    case 'unreachable':
      return 'The node cannot be reached. Try again.';
  }
}
