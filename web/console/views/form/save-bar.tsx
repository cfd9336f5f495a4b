// Below a form: Save and Undo while there is something to save, and how it went.

import { complaintOf } from '../../state/problems';
import type { Form, Outcome } from './use-form';

interface Props {
  form: Form<object>;
  /** The fields that show their own errors: `name`, `weekly`. */
  shows: readonly string[];
  save?: string;
  /** Of a form that makes something: shown from the start. */
  always?: boolean;
  onCancel?: () => void;
}

export function SaveBar({ form, shows, save = 'Save', always = false, onCancel }: Props) {
  const { dirty, outcome } = form;
  const saving = outcome.kind === 'saving';
  const active = dirty || always;
  const undo = onCancel ?? (() => form.reset());
  return (
    <div class="save-bar" data-active={active}>
      {active && (
        <>
          <button type="submit" class="button primary" disabled={saving}>
            {saving ? 'Saving…' : save}
          </button>
          <button type="button" class="button" disabled={saving} onClick={undo}>
            {onCancel === undefined ? 'Undo changes' : 'Cancel'}
          </button>
        </>
      )}
      <p class="save-told" role="status" data-kind={outcome.kind}>
        {toldOf(outcome, (path) => shows.some((it) => path === it || startsAt(path, it)))}
      </p>
    </div>
  );
}

function startsAt(path: string, field: string): boolean {
  return path.startsWith(`${field}[`) || path.startsWith(`${field}.`);
}

function toldOf(outcome: Outcome, isShown: (path: string) => boolean): string {
  switch (outcome.kind) {
    case 'idle':
    case 'saving':
      return '';
    case 'saved':
      return 'Saved.';
    case 'unreachable':
      return 'Not saved: the node cannot be reached. Try again.';
    case 'refused': {
      const { problem } = outcome;
      const { field } = problem;
      if (field !== undefined && isShown(field)) return 'Not saved. Look at the marked field.';
      return `Not saved. ${complaintOf(problem)}`;
    }
  }
}
