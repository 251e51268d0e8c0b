/**
 * xterm.js moves its scrollbar for every line that it takes in, which is half of the time that a restored screen with a thousand lines
 * above it costs. It offers no way to do so once for all of them; here its own guard against doing it twice is held meanwhile. Where the
 * emulator is built otherwise than this one, nothing is held, and it only takes longer.
 */
import type { Terminal } from "@xterm/xterm";

/** What is used of its inside, in `src/browser/Viewport.ts` of xterm.js 6. */
interface ScrollbarOwner {
  _isSyncing: boolean;
  _sync(): void;
}

/** Holds the scrollbar until the answer is called, which moves it to where it belongs. */
export function holdScrollbar(terminal: Terminal): () => void {
  const owner = scrollbarOf(terminal);
  if (!owner) return () => undefined;
  owner._isSyncing = true;
  return () => {
    owner._isSyncing = false;
    owner._sync();
  };
}

function scrollbarOf(terminal: Terminal): ScrollbarOwner | undefined {
  const { _core: core } = terminal as unknown as { readonly _core?: { readonly _viewport?: Partial<ScrollbarOwner> } };
  const owner = core?._viewport;
  return typeof owner?._isSyncing === "boolean" && typeof owner._sync === "function" ? (owner as ScrollbarOwner) : undefined;
}
