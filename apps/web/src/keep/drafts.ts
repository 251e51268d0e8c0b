/**
 * Text in the compose bar that was not sent, one draft a session. The tab has it at once, for a reload; the database a moment
 * later, and at once when the page is hidden: after that a phone may kill the browser without a word.
 */
import { openKept, type Draft } from "./database.ts";
import { loadTabDraft, saveTabDraft } from "./view-state.ts";

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
  let waiting: Draft | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    if (waiting === undefined) return;
    const draft = waiting;
    waiting = undefined;
    void write(session, draft);
  };
  const onHidden = (): void => {
    if (document.visibilityState === "hidden") flush();
  };
  document.addEventListener("visibilitychange", onHidden);
  globalThis.addEventListener("pagehide", flush);
  return {
    load: async () => newerText(loadTabDraft(session), await read(session)),
    keep(text) {
      waiting = { text, at: Date.now() };
      saveTabDraft(session, waiting);
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

/** The text of the later draft. A page that is left cannot wait for the database, so the tab may know more; another tab, too. */
export function newerText(inTab: Draft | undefined, kept: Draft | undefined): string {
  const newer = (inTab?.at ?? 0) >= (kept?.at ?? 0) ? inTab : kept;
  return newer?.text ?? "";
}

async function read(session: string): Promise<Draft | undefined> {
  const database = await openKept();
  return database?.get("drafts", session);
}

async function write(session: string, draft: Draft): Promise<void> {
  try {
    const database = await openKept();
    if (draft.text === "") await database?.delete("drafts", session);
    else await database?.put("drafts", draft, session);
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
