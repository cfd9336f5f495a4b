// The composer: a reply to the visitor, or an internal comment.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { OwnTyping } from '../desk/own-typing';
import { draft, keepDraft, type DraftKind } from '../desk/storage';
import { standingOf } from '../state/actions';
import type { Conversation } from '../state/conversation';
import type { DeskState } from '../state/desk';
import { cleaned, fitOf, type Fit } from '../state/text-size';
import { useDesk } from './desk-page';
import { LockIcon } from './icons';
import { moveAmong } from './keys';

interface Props {
  state: DeskState;
  conversation: Conversation;
}

export function Composer({ state, conversation }: Props) {
  const { id } = conversation;
  const [kind, setKind] = useState<DraftKind>('reply');
  const closed = standingOf(state, conversation).state === 'closed';
  return (
    <section class="composer" data-kind={kind} aria-label="Write">
      <Kinds kind={kind} onKind={setKind} />
      {closed && kind === 'reply' ? (
        <ClosedNote id={id} />
      ) : (
        <Editor key={kind} id={id} kind={kind} />
      )}
    </section>
  );
}

function Kinds({ kind, onKind }: { kind: DraftKind; onKind: (kind: DraftKind) => void }) {
  const tab = (which: DraftKind, name: string) => (
    <button
      type="button"
      role="tab"
      class="kind"
      id={`kind-${which}`}
      aria-selected={kind === which}
      aria-controls="editor"
      tabIndex={kind === which ? 0 : -1}
      onClick={() => onKind(which)}
    >
      {which === 'comment' && <LockIcon />}
      {name}
    </button>
  );
  return (
    <div
      class="kinds"
      role="tablist"
      aria-label="Reply or comment"
      onKeyDown={(event) => moveAmong(event, '[role=tab]')}
    >
      {tab('reply', 'Reply')}
      {tab('comment', 'Comment')}
    </div>
  );
}

function ClosedNote({ id }: { id: string }) {
  const desk = useDesk();
  return (
    <div class="closed-note" id="editor" role="tabpanel" aria-labelledby="kind-reply">
      <p>This conversation is closed. Reopen it to reply.</p>
      <button type="button" class="button" onClick={() => desk.reopen(id)}>
        Reopen
      </button>
    </div>
  );
}

function Editor({ id, kind }: { id: string; kind: DraftKind }) {
  const desk = useDesk();
  const [text, setText] = useState(() => draft(id, kind));
  const field = useRef<HTMLTextAreaElement>(null);
  const typing = useMemo(() => new OwnTyping((on) => desk.typing(id, on)), [desk, id]);
  const fit = fitOf(text);
  const sendable = fit.kind === 'fits' || fit.kind === 'near';
  useFocusAtOpen(field);
  useEffect(() => () => typing.end(), [typing]);

  const change = (next: string): void => {
    setText(next);
    keepDraft(id, kind, next);
    if (kind === 'comment') return;
    if (next === '') typing.end();
    else typing.key();
  };
  const send = (): void => {
    if (!sendable) return;
    if (desk.write(id, kind === 'reply' ? 'send' : 'comment', cleaned(text))) change('');
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.altKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <div class="editor" id="editor" role="tabpanel" aria-labelledby={`kind-${kind}`}>
      <div class="grow" data-text={`${text}\n`}>
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          aria-label={kind === 'reply' ? 'Reply to the visitor' : 'Comment for the team'}
          placeholder={
            kind === 'reply' ? 'Reply to the visitor…' : 'Only your team will see this comment…'
          }
          value={text}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onBlur={() => typing.end()}
        />
      </div>
      <div class="composer-foot">
        <FitNote fit={fit} />
        <button type="button" class="button primary" disabled={!sendable} onClick={send}>
          {kind === 'reply' ? 'Send' : 'Add comment'}
        </button>
      </div>
    </div>
  );
}

function FitNote({ fit }: { fit: Fit }) {
  switch (fit.kind) {
    case 'empty':
    case 'fits':
      return (
        <p class="faint composer-hint">
          <kbd>Enter</kbd> sends, <kbd>Shift</kbd> <kbd>Enter</kbd> starts a new line
        </p>
      );
    case 'near':
      return <p class="faint">{fit.left_bytes} bytes left</p>;
    case 'too_long':
      return (
        <p class="too-long" role="alert">
          Too long by {fit.over_bytes} bytes
        </p>
      );
  }
}

/** With a mouse and a keyboard one wants to write at once; on a phone the keys would pop up. */
function useFocusAtOpen(field: { current: HTMLTextAreaElement | null }): void {
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus({ preventScroll: true });
  }, []);
}
