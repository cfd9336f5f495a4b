// A form on a card of its own: a heading, its fields, and the bar that saves them.

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { SaveBar } from './save-bar';
import type { Form } from './use-form';

interface Props {
  title: string;
  about?: ComponentChildren;
  form: Form<object>;
  shows: readonly string[];
  /** Null: may be changed; else who may change it. */
  lockedFor?: string | null;
  save?: string;
  always?: boolean;
  onCancel?: () => void;
  children: ComponentChildren;
}

export function FormCard(props: Props) {
  const { title, about, form, lockedFor = null, children } = props;
  const id = useId();
  const box = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (form.outcome.kind === 'refused') focusFault(box.current);
  }, [form.outcome]);
  const submit = (event: Event): void => {
    event.preventDefault();
    void form.submit();
  };
  return (
    <form class="card" ref={box} aria-labelledby={id} onSubmit={submit} noValidate>
      <h2 id={id}>{title}</h2>
      {about !== undefined && <p class="card-about">{about}</p>}
      {lockedFor !== null && <p class="card-locked">{lockedFor}</p>}
      <fieldset class="card-fields" disabled={lockedFor !== null}>
        {children}
      </fieldset>
      {lockedFor === null && <SaveBar {...props} />}
    </form>
  );
}

/** Whoever pressed Save is led to what is wrong. */
function focusFault(box: HTMLElement | null): void {
  const fault = box?.querySelector<HTMLElement>('[aria-invalid=true], .form-error');
  const field = fault?.matches('input, select') === true ? fault : fault?.closest('.form-field');
  const target = field?.querySelector<HTMLElement>('input, select, button') ?? field;
  if (target instanceof HTMLElement) target.focus();
  fault?.scrollIntoView({ block: 'center' });
}
