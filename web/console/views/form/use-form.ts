// One form at work: what was changed, whether it is being saved, and what the node said of it.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Problem } from '../../../shared/protocol';
import type { Answer } from '../../desk/rest';
import { complaintAt, complaintWithin } from '../../state/problems';
import { useDesk } from '../desk-page';

export type Outcome =
  | { readonly kind: 'idle' | 'saving' | 'saved' | 'unreachable' }
  | { readonly kind: 'refused'; readonly problem: Problem };

export interface Form<V> {
  readonly value: V;
  readonly dirty: boolean;
  readonly outcome: Outcome;
  set(change: Partial<V>): void;
  reset(): void;
  submit(): Promise<void>;
  /** Goes elsewhere without asking: it is saved, or given up by a button that says so. */
  leaveFor(fragment: string): void;
  /** What is wrong with exactly this field, or with it and all below it. */
  error(path: string): string | null;
  errorWithin(path: string): string | null;
}

/**
 * `stored` is what the node has; `save` resolves once `stored` is what was saved. Until then the
 * changes are kept, whatever else is loaded meanwhile.
 */
export function useForm<V extends object>(
  stored: V,
  save: (value: V) => Promise<Answer<unknown>>,
): Form<V> {
  const desk = useDesk();
  const [draft, setDraft] = useState<V | null>(null);
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'idle' });
  const me = useRef({});
  const value = draft ?? stored;
  const dirty = draft !== null && JSON.stringify(draft) !== JSON.stringify(stored);
  // At once, not after the next picture: whoever types and leaves in one breath is asked as well.
  useLayoutEffect(() => desk.keepUnsaved(me.current, dirty), [desk, dirty]);
  useLayoutEffect(() => () => desk.keepUnsaved(me.current, false), [desk]);

  const submit = async (): Promise<void> => {
    if (outcome.kind === 'saving') return;
    setOutcome({ kind: 'saving' });
    const answer = await save(value);
    const next = outcomeOf(answer);
    if (next.kind === 'saved') {
      desk.keepUnsaved(me.current, false);
      setDraft(null);
    }
    if (next.kind === 'refused' && next.problem.status === 401) desk.signedOut();
    setOutcome(next);
  };
  const problem = outcome.kind === 'refused' ? outcome.problem : null;
  return {
    value,
    dirty,
    outcome,
    set: (change) => {
      setDraft({ ...value, ...change });
      if (outcome.kind === 'saved') setOutcome({ kind: 'idle' });
    },
    reset: () => {
      setDraft(null);
      setOutcome({ kind: 'idle' });
    },
    submit,
    leaveFor: (fragment) => {
      desk.keepUnsaved(me.current, false);
      location.hash = fragment;
    },
    error: (path) => complaintAt(problem, path),
    errorWithin: (path) => complaintWithin(problem, path),
  };
}

export function outcomeOf(answer: Answer<unknown>): Outcome {
  switch (answer.kind) {
    case 'ok':
      return { kind: 'saved' };
    case 'problem':
      return { kind: 'refused', problem: answer.problem };
    case 'unreachable':
      return { kind: 'unreachable' };
  }
}
