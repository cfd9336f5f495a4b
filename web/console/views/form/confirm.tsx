// Asks before something is done that cannot be taken back by a click.

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface Props {
  title: string;
  children?: ComponentChildren;
  /** What the button does: "Delete the team". */
  action: string;
  /** Null: there is only one way out. */
  cancel?: string | null;
  danger?: boolean;
  busy?: boolean;
  onConfirm(): void;
  onCancel(): void;
}

/** The browser's own modal keeps the focus inside, closes on Escape and gives the focus back. */
export function Confirm(props: Props) {
  const { title, children, action, cancel = 'Cancel', danger = false, busy = false } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const submit = (event: Event): void => {
    event.preventDefault();
    props.onConfirm();
  };
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onCancel={(event) => {
        event.preventDefault();
        props.onCancel();
      }}
    >
      <form onSubmit={submit} noValidate>
        <h2 id={`${id}-title`} dir="auto">
          {title}
        </h2>
        <div id={`${id}-text`} class="dialog-text">
          {children}
        </div>
        <div class="dialog-buttons">
          {cancel !== null && (
            <button type="button" class="button" onClick={props.onCancel} disabled={busy}>
              {cancel}
            </button>
          )}
          <button class={danger ? 'button danger' : 'button primary'} disabled={busy}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
