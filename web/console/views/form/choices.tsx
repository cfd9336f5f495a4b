// One of few, any of few, on or off: each choice with a sentence of what it means.

import { useId } from 'preact/hooks';
import { FieldError } from './field';

interface SwitchProps {
  label: string;
  help?: string;
  on: boolean;
  onChange(on: boolean): void;
}

export function Switch({ label, help, on, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div class="form-switch">
      <button
        type="button"
        class="status-switch"
        role="switch"
        aria-checked={on}
        aria-describedby={help === undefined ? undefined : id}
        onClick={() => onChange(!on)}
      >
        <span class="status-track" aria-hidden="true" />
        <span>{label}</span>
      </button>
      {help !== undefined && (
        <p class="form-help" id={id}>
          {help}
        </p>
      )}
    </div>
  );
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly name: string;
  readonly help: string;
  /** Why it cannot be chosen just now. */
  readonly locked?: string | undefined;
}

interface RadiosProps<T extends string> {
  legend: string;
  value: T;
  choices: readonly Choice<T>[];
  error?: string | null;
  onValue(value: T): void;
}

export function Radios<T extends string>(props: RadiosProps<T>) {
  const { legend, value, choices, error = null, onValue } = props;
  const name = useId();
  return (
    <fieldset class="form-choices" aria-describedby={error === null ? undefined : `${name}-error`}>
      <legend class="form-label">{legend}</legend>
      {choices.map((choice) => (
        <Line
          key={choice.value}
          type="radio"
          name={name}
          choice={choice}
          on={choice.value === value}
          onChange={() => onValue(choice.value)}
        />
      ))}
      <FieldError id={`${name}-error`} text={error} />
    </fieldset>
  );
}

interface ChecksProps<T extends string> {
  legend: string;
  value: readonly T[];
  choices: readonly Choice<T>[];
  error?: string | null;
  onValue(value: T[]): void;
}

export function Checks<T extends string>(props: ChecksProps<T>) {
  const { legend, value, choices, error = null, onValue } = props;
  const name = useId();
  const toggle = (which: T, on: boolean): void => {
    const kept = choices.map((choice) => choice.value);
    onValue(kept.filter((each) => (each === which ? on : value.includes(each))));
  };
  return (
    <fieldset class="form-choices" aria-describedby={error === null ? undefined : `${name}-error`}>
      <legend class="form-label">{legend}</legend>
      {choices.map((choice) => (
        <Line
          key={choice.value}
          type="checkbox"
          name={name}
          choice={choice}
          on={value.includes(choice.value)}
          onChange={(on) => toggle(choice.value, on)}
        />
      ))}
      <FieldError id={`${name}-error`} text={error} />
    </fieldset>
  );
}

interface LineProps<T extends string> {
  type: 'radio' | 'checkbox';
  name: string;
  choice: Choice<T>;
  on: boolean;
  onChange(on: boolean): void;
}

function Line<T extends string>({ type, name, choice, on, onChange }: LineProps<T>) {
  const id = `${name}-${choice.value}`;
  const text = choice.locked === undefined ? choice.help : `${choice.help} ${choice.locked}`;
  return (
    <div class="form-choice">
      <input
        type={type}
        id={id}
        name={name}
        checked={on}
        disabled={choice.locked !== undefined}
        aria-describedby={`${id}-help`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label for={id}>{choice.name}</label>
      <p class="form-help" id={`${id}-help`}>
        {text}
      </p>
    </div>
  );
}
