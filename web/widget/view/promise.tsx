// The offer of an answer by e-mail: a calm line, a field, and what became of it.

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Chat, ChatState } from '../chat';
import { isAddress, promiseOf, type PromiseView } from '../promise';
import { offerWords, promiseFailure, WORDS } from '../words';

interface Props {
  state: ChatState;
  chat: Chat;
}

export function ByMail({ state, chat }: Props): JSX.Element | null {
  const view = promiseOf(state.conversation, state.items, state.offer);
  if (view === undefined) return null;
  const said = 'text' in view && view.text !== '' ? view.text : offerWords(state.place);
  return (
    <section class="promise" aria-label={WORDS.byMail.label} data-state={view.state}>
      <p class="unseen" role="status">
        {spoken(view, said)}
      </p>
      {view.state === 'promised' ? (
        <p class="promised">{WORDS.byMail.promised}</p>
      ) : (
        <Ask view={view} said={said} chat={chat} />
      )}
    </section>
  );
}

function spoken(view: PromiseView, said: string): string {
  switch (view.state) {
    case 'offered':
      return said;
    case 'sending':
      return WORDS.byMail.sending;
    case 'failed':
      // Said by the alert below the field.
      return '';
    case 'promised':
      return WORDS.byMail.promised;
  }
}

interface AskProps {
  view: Exclude<PromiseView, { state: 'promised' }>;
  said: string;
  chat: Chat;
}

/** The text stays in the field, whatever is wrong with it. */
function Ask({ view, said, chat }: AskProps): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(view.state === 'offered' ? '' : view.email);
  const [isWrong, setWrong] = useState(false);
  const isSending = view.state === 'sending';
  const failed = view.state === 'failed' ? view.id : undefined;
  useEffect(() => {
    if (failed !== undefined) field.current?.focus();
  }, [failed]);

  const submit = (event: Event) => {
    event.preventDefault();
    if (isSending) return;
    setWrong(!isAddress(text));
    if (isAddress(text)) chat.promise(text.trim(), failed);
    else field.current?.focus();
  };
  const complaint = isWrong
    ? WORDS.byMail.wrong
    : view.state === 'failed'
      ? promiseFailure(view.code)
      : '';
  return (
    <form noValidate onSubmit={submit}>
      <p aria-hidden="true" dir="auto">
        {said}
      </p>
      <div class="ask">
        <input
          ref={field}
          type="email"
          name="email"
          autocomplete="email"
          inputMode="email"
          maxLength={254}
          dir="ltr"
          value={text}
          readOnly={isSending}
          aria-label={WORDS.byMail.field}
          aria-describedby="by-mail-complaint"
          aria-invalid={complaint !== ''}
          placeholder={WORDS.byMail.field}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setWrong(false);
          }}
        />
        <button type="submit" aria-disabled={isSending}>
          {isSending ? WORDS.byMail.sending : WORDS.byMail.ask}
        </button>
      </div>
      <p id="by-mail-complaint" class="complaint" role="alert">
        {complaint}
      </p>
    </form>
  );
}
