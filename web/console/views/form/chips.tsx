// Several of many, such as the members of a team: what is chosen as chips, more by typing a name.

import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { matching, type Named } from '../../state/choices';
import { CloseIcon } from '../icons';
import { FieldError } from './field';

/** More would not be read; typing narrows them down. */
const SHOWN_MAX = 50;

interface Props {
  label: string;
  help?: string;
  error?: string | null;
  /** What is added, for the field: "a user or a team". */
  adds: string;
  value: readonly string[];
  options: readonly Named[];
  onValue(value: string[]): void;
}

export function Chips(props: Props) {
  const { label, help, error = null, adds, value, options, onValue } = props;
  const id = useId();
  const left = options.filter((option) => !value.includes(option.id));
  const names = new Map(options.map((option) => [option.id, option.name]));
  const remove = (gone: string): void => {
    onValue(value.filter((each) => each !== gone));
    document.getElementById(id)?.focus();
  };
  return (
    <div class="form-field" role="group" aria-labelledby={`${id}-label`}>
      <label class="form-label" id={`${id}-label`} for={id}>
        {label}
      </label>
      <div class="chips" aria-invalid={error === null ? undefined : true}>
        {value.map((each) => (
          <span key={each} class="form-chip">
            <span dir="auto">{names.get(each) ?? 'Unknown'}</span>
            <button
              type="button"
              class="chip-remove"
              aria-label={`Remove ${names.get(each) ?? 'this one'}`}
              onClick={() => remove(each)}
            >
              <CloseIcon />
            </button>
          </span>
        ))}
        <Adder id={id} adds={adds} options={left} onAdd={(added) => onValue([...value, added])} />
      </div>
      {help !== undefined && <p class="form-help">{help}</p>}
      <FieldError id={`${id}-error`} text={error} />
    </div>
  );
}

interface AdderProps {
  id: string;
  adds: string;
  options: readonly Named[];
  onAdd(id: string): void;
}

/** A field with suggestions: typing, a click or an arrow opens them, Enter takes, Escape closes. */
function Adder({ id, adds, options, onAdd }: AdderProps) {
  const [words, setWords] = useState('');
  const [at, setAt] = useState<number | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const found = matching(options, words).slice(0, SHOWN_MAX);
  const open = at !== null;
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [at]);

  const add = (option: Named | undefined): void => {
    if (option === undefined) return;
    onAdd(option.id);
    setWords('');
    setAt(null);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setAt(at === null ? 0 : Math.min(found.length - 1, Math.max(0, at + step)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (open) add(found[at]);
    } else if (event.key === 'Escape' && open) {
      event.stopPropagation();
      event.preventDefault();
      setAt(null);
    }
  };
  return (
    <span class="adder">
      <input
        id={id}
        role="combobox"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-activedescendant={open && found.length > 0 ? `${id}-${at}` : undefined}
        aria-autocomplete="list"
        autocomplete="off"
        dir="auto"
        placeholder={`Add ${adds}…`}
        value={words}
        onInput={(event) => {
          setWords(event.currentTarget.value);
          setAt(0);
        }}
        onClick={() => setAt(at ?? 0)}
        onBlur={() => {
          setAt(null);
          setWords('');
        }}
        onKeyDown={onKeyDown}
      />
      <ul class="suggestions" role="listbox" id={`${id}-list`} ref={list} hidden={!open}>
        {found.map((option, index) => (
          <li
            key={option.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            // Before the field loses the focus, and its list with it.
            onPointerDown={(event) => {
              event.preventDefault();
              add(option);
            }}
          >
            <span dir="auto">{option.name}</span>
            {option.about !== undefined && <span class="faint">{option.about}</span>}
          </li>
        ))}
        {found.length === 0 && <li class="faint">Nothing left with this name.</li>}
      </ul>
    </span>
  );
}
