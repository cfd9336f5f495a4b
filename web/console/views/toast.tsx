// One sentence about what did not work; goes by itself, or at a click.

import { useEffect } from 'preact/hooks';
import type { Toast as ToastState } from '../state/desk';
import { useDesk } from './desk-page';
import { CloseIcon } from './icons';

/** Long enough to read it twice. */
const SHOWN_MS = 9_000;

export function Toast({ toast }: { toast: ToastState | null }) {
  const desk = useDesk();
  useEffect(() => {
    if (toast === null) return;
    const timer = setTimeout(() => desk.dismissToast(), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <div class="told" role="alert">
      {toast !== null && (
        <div class="toast">
          <span>{toast.text}</span>
          <button
            type="button"
            class="icon-button"
            aria-label="Dismiss"
            onClick={() => desk.dismissToast()}
          >
            <CloseIcon />
          </button>
        </div>
      )}
    </div>
  );
}
