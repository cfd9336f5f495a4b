// Where the visitor writes: Enter sends, Shift+Enter breaks the line.

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { SendIcon } from './icons';
import { byteLength } from '../page';
import { bytesLeft, WORDS } from '../words';
import { TEXT_BYTES_MAX } from '../../shared/protocol';

interface Props {
  open: boolean;
  isClosed: boolean;
  /** What an earlier page left in the field. */
  draft: string;
  onDraft(text: string): void;
  /** False keeps the text in the field. */
  onSend(text: string): boolean;
}

/** Nobody needs the figure before that. */
const BYTES_LEFT_SHOWN = 500;

export function Composer(props: Props): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(props.draft);
  const left = TEXT_BYTES_MAX - byteLength(text.trim());
  const isSendable = text.trim() !== '' && left >= 0;

  useEffect(() => {
    if (props.open && hasKeyboard()) field.current?.focus({ preventScroll: true });
  }, [props.open]);
  useEffect(() => fit(field.current), [text]);

  const change = (value: string) => {
    setText(value);
    props.onDraft(value);
  };
  const send = () => {
    if (!isSendable || !props.onSend(text.trim())) return;
    change('');
    field.current?.focus();
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        enterkeyhint="send"
        autocomplete="off"
        aria-label={WORDS.write}
        aria-describedby="bytes"
        placeholder={props.isClosed ? WORDS.writeAgain : WORDS.write}
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={pressed}
      />
      <button type="submit" class="send" aria-label={WORDS.send} disabled={!isSendable}>
        <SendIcon />
      </button>
      <p id="bytes" class={left < 0 ? 'bytes over' : 'bytes'} aria-live="polite">
        {left < BYTES_LEFT_SHOWN && bytesLeft(left)}
      </p>
    </form>
  );
}

/** On a touch screen the keyboard would cover half of the greeting. */
function hasKeyboard(): boolean {
  return matchMedia('(hover: hover) and (pointer: fine)').matches;
}

/** As tall as its text, up to the bound in the style sheet. */
function fit(field: HTMLTextAreaElement | null): void {
  if (field === null) return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
