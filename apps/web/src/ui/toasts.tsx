/** Short lines below the header that go by themselves. They lie above everything, an open dialog too. */
import { useEffect, useRef, type ReactElement } from "react";
import { useStore } from "./use-store.ts";

export interface Toast {
  readonly id: number;
  readonly text: string;
}

export interface ToastStore {
  readonly shown: readonly Toast[];
  subscribe(listener: () => void): () => void;
  /** Shows a line for six seconds. The same line is not shown twice at once. */
  say(text: string): void;
  dismiss(id: number): void;
}

const SHOWN_MS = 6000;
const MAX_SHOWN = 3;

export function createToasts(): ToastStore {
  let shown: readonly Toast[] = [];
  let nextId = 1;
  const listeners = new Set<() => void>();
  const set = (next: readonly Toast[]): void => {
    shown = next;
    for (const listener of listeners) listener();
  };
  const dismiss = (id: number): void => set(shown.filter((toast) => toast.id !== id));
  return {
    get shown() {
      return shown;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    say(text) {
      const id = nextId;
      nextId += 1;
      set([...shown.filter((toast) => toast.text !== text), { id, text }].slice(-MAX_SHOWN));
      setTimeout(() => dismiss(id), SHOWN_MS);
    },
    dismiss,
  };
}

export function Toasts({ store }: { readonly store: ToastStore }): ReactElement {
  const shown = useStore(store, () => store.shown);
  const layer = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = layer.current;
    if (element === null) return;
    // Of the things above the page, the one that was shown last is uppermost.
    if (shown.length > 0 && element.matches(":popover-open")) element.hidePopover();
    if (!element.matches(":popover-open")) element.showPopover();
  }, [shown]);
  return (
    <div
      ref={layer}
      popover="manual"
      role="status"
      className="pointer-events-none fixed inset-x-0 top-[calc(3rem+env(safe-area-inset-top))] bottom-auto m-0 w-full max-w-none flex-col items-center gap-2 overflow-visible border-0 bg-transparent px-4 py-2.5 open:flex"
    >
      {shown.map((toast) => (
        <button
          type="button"
          key={toast.id}
          onClick={() => store.dismiss(toast.id)}
          className="pointer-events-auto max-w-full animate-[rise_.18s_ease-out] rounded-full bg-action px-4 py-2.5 text-small text-on-action shadow-[0_6px_24px_var(--shadow)]"
        >
          {toast.text}
        </button>
      ))}
    </div>
  );
}
