/**
 * Text in the compose bar that was not sent, one draft a session. Typing is written a moment later, and at once when the page
 * is hidden: after that a phone may kill the browser without a word.
 */
import { openKept } from "./database.ts";

const WRITE_DELAY_MS = 300;
const MAX_AGE_MS = 30 * 24 * 3600 * 1000;

export interface DraftKeeper {
  load(): Promise<string>;
  /** Remembers the text; "" forgets the draft. */
  keep(text: string): void;
  /** Writes what waits, now. */
  flush(): void;
  close(): void;
}

export function keepDraft(session: string): DraftKeeper {
  let waiting: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    if (waiting === undefined) return;
    const text = waiting;
    waiting = undefined;
    void write(session, text);
  };
  const onHidden = (): void => {
    if (document.visibilityState === "hidden") flush();
  };
  document.addEventListener("visibilitychange", onHidden);
  globalThis.addEventListener("pagehide", flush);
  return {
    load: async () => read(session),
    keep(text) {
      waiting = text;
      clearTimeout(timer);
      timer = setTimeout(flush, WRITE_DELAY_MS);
    },
    flush,
    close() {
      flush();
      document.removeEventListener("visibilitychange", onHidden);
      globalThis.removeEventListener("pagehide", flush);
    },
  };
}

async function read(session: string): Promise<string> {
  const database = await openKept();
  return (await database?.get("drafts", session))?.text ?? "";
}

async function write(session: string, text: string): Promise<void> {
  try {
    const database = await openKept();
    if (text === "") await database?.delete("drafts", session);
    else await database?.put("drafts", { text, at: Date.now() }, session);
  } catch (error) {
    console.warn("A draft could not be kept.", error);
  }
}

/** Drafts that nobody came back to within a month. Run once a page. */
export async function forgetOldDrafts(now: number): Promise<void> {
  const database = await openKept();
  if (database === undefined) return;
  const transaction = database.transaction("drafts", "readwrite");
  for (let cursor = await transaction.store.openCursor(); cursor !== null; cursor = await cursor.continue()) {
    if (now - cursor.value.at > MAX_AGE_MS) await cursor.delete();
  }
  await transaction.done;
}
