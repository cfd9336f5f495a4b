// One field: its label, what it is for, and what is wrong with it, tied together for readers.

import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';

export interface Wiring {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean | undefined;
}

interface FieldProps {
  label: string;
  help?: string | undefined;
  error?: string | null;
  /** The label is said, not shown: a row's heading shows it already. */
  quiet?: boolean;
  children: (wiring: Wiring) => ComponentChildren;
}

export function Field({ label, help, error = null, quiet = false, children }: FieldProps) {
  const id = useId();
  const ids = [help === undefined ? '' : `${id}-help`, error === null ? '' : `${id}-error`];
  const describedBy = ids.filter((each) => each !== '').join(' ');
  return (
    <div class="form-field">
      <label class={quiet ? 'hidden-text' : 'form-label'} for={id}>
        {label}
      </label>
      {children({
        id,
        'aria-describedby': describedBy === '' ? undefined : describedBy,
        'aria-invalid': error === null ? undefined : true,
      })}
      {help !== undefined && (
        <p class="form-help" id={`${id}-help`}>
          {help}
        </p>
      )}
      <FieldError id={`${id}-error`} text={error} />
    </div>
  );
}

export function FieldError({ id, text }: { id?: string; text: string | null }) {
  if (text === null) return null;
  return (
    <p class="form-error" id={id}>
      {text}
    </p>
  );
}

interface TextProps {
  label: string;
  value: string;
  onValue(value: string): void;
  help?: string;
  error?: string | null;
  quiet?: boolean;
  type?: 'text' | 'email' | 'password' | 'number' | 'time' | 'datetime-local';
  required?: boolean;
  disabled?: boolean;
  autocomplete?: string;
  min?: number;
  max?: number;
}

export function TextField(props: TextProps) {
  const { label, value, onValue, help, error = null, quiet = false, ...rest } = props;
  return (
    <Field label={label} help={help} error={error} quiet={quiet}>
      {(wiring) => (
        <input
          {...wiring}
          class="field"
          dir="auto"
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
          {...(rest as InputHTMLAttributes<HTMLInputElement>)}
        />
      )}
    </Field>
  );
}

export interface Option<T extends string> {
  readonly value: T;
  readonly name: string;
}

interface SelectProps<T extends string> {
  label: string;
  value: T;
  options: readonly Option<T>[];
  onValue(value: T): void;
  help?: string;
  error?: string | null;
  quiet?: boolean;
}

export function SelectField<T extends string>(props: SelectProps<T>) {
  const { label, value, options, onValue, help, error = null, quiet = false } = props;
  return (
    <Field label={label} help={help} error={error} quiet={quiet}>
      {(wiring) => (
        <select
          {...wiring}
          class="field"
          value={value}
          onChange={(event) => onValue(event.currentTarget.value as T)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
