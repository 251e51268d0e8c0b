/**
 * A dialog on the browser's own `<dialog>`: focus stays inside, Escape and a tap beside it close it. At the bottom of a phone, in
 * the middle of a desk. It is in the page only while it is open, so its state starts fresh each time.
 */
import { X } from "lucide-react";
import { useEffect, useId, useRef, type ReactElement, type ReactNode } from "react";
import { Button, IconButton } from "./button.tsx";
import { TOUCH } from "./use-media.ts";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly isWide?: boolean;
}

export function Dialog({ title, onClose, children, isWide = false }: DialogProps): ReactElement {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null || dialog.open) return;
    dialog.showModal();
    // On a phone the focus would bring the keyboard up over what is to be read first.
    if (!matchMedia(TOUCH).matches) dialog.querySelector<HTMLElement>("[data-first]")?.focus();
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={titleId}
      onClose={onClose}
      onCancel={onClose}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
      className={`m-0 mt-auto max-h-[92dvh] w-full max-w-none overflow-y-auto overscroll-contain rounded-t-2xl border border-line bg-raised shadow-[0_16px_48px_var(--shadow)] backdrop:animate-[appear_.15s] backdrop:bg-black/40 sm:m-auto sm:rounded-2xl ${isWide ? "sm:max-w-2xl" : "sm:max-w-md"} animate-[sheet_.18s_ease-out]`}
    >
      <div className="flex flex-col gap-4 p-5 pb-[max(1.25rem,env(safe-area-inset-bottom))]">
        <header className="-mt-1.5 -mr-2 flex items-center justify-between gap-3">
          <h2 id={titleId} className="text-lg font-semibold tracking-tight">
            {title}
          </h2>
          <IconButton label="Close" onClick={onClose}>
            <X size={20} />
          </IconButton>
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Asks before something that cannot be undone; the button names the deed. */
export function ConfirmDialog({ title, action, onConfirm, onClose, children }: ConfirmProps): ReactElement {
  return (
    <Dialog title={title} onClose={onClose}>
      <p className="text-row text-soft">{children}</p>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          look="danger"
          onClick={() => {
            onConfirm();
            onClose();
          }}
        >
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

export function DialogActions({ children }: { readonly children: ReactNode }): ReactElement {
  return <div className="mt-1 grid auto-cols-fr grid-flow-col gap-2 sm:flex sm:justify-end">{children}</div>;
}
