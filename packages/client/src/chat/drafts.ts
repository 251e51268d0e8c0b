/**
 * What the user has written and not sent, one text a session: the newest that this page, its tab or another page knows. It is in
 * IndexedDB a moment later; `flush` when the page is hidden, since after that a phone may kill the browser without a word. A reload may
 * come before the database has it, for which there is the tab. Where the browser refuses a database, drafts live as long as the tab.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { type Clock, systemClock, Timer } from "../clock.ts";

const VERSION = 1;
const WRITE_DELAY_MS = 300;
/** Drafts that nobody came back to: the oldest go, and those that are older than this. */
const MAX_DRAFTS = 500;
const MAX_AGE_MS = 30 * 24 * 3600 * 1000;

export interface Draft {
  readonly text: string;
  readonly at: number;
}

/** What outlives a reload and is there at once, as `sessionStorage` is. */
export interface TabDrafts {
  load(session: string): Draft | undefined;
  save(session: string, draft: Draft): void;
}

interface Schema extends DBSchema {
  drafts: { key: string; value: Draft & { readonly session: string }; indexes: { at: number } };
}

type Database = IDBPDatabase<Schema>;

export interface DraftsOptions {
  /** Default: `perdure-drafts`. */
  readonly databaseName?: string;
  readonly clock?: Clock;
  /** Default: none. */
  readonly tab?: TabDrafts;
  /** A draft could not be kept. For logs. */
  readonly onProblem?: (error: unknown) => void;
}

export interface Drafts {
  /** The text of a session; "" if there is none. */
  get(session: string): Promise<string>;
  /** "" forgets the draft. */
  set(session: string, text: string): void;
  /** Writes what waits, and resolves when that is done. */
  flush(): Promise<void>;
}

export function openDrafts(options: DraftsOptions = {}): Drafts {
  return new KeptDrafts(options);
}

class KeptDrafts implements Drafts {
  readonly #options: DraftsOptions;
  readonly #clock: Clock;
  readonly #timer: Timer;
  /** What was set on this page. */
  readonly #drafts = new Map<string, Draft>();
  readonly #unwritten = new Set<string>();
  #opened: Promise<Database> | undefined;

  constructor(options: DraftsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#timer = new Timer(this.#clock);
  }

  async get(session: string): Promise<string> {
    let kept: Draft | undefined;
    try {
      kept = await (await this.#database()).get("drafts", session);
    } catch (error) {
      this.#options.onProblem?.(error);
    }
    // It may have been set while the database was asked. Of two of the same time the nearer one counts.
    return newest(this.#drafts.get(session), this.#options.tab?.load(session), kept)?.text ?? "";
  }

  set(session: string, text: string): void {
    const draft = { text, at: this.#clock.now() };
    this.#drafts.set(session, draft);
    this.#options.tab?.save(session, draft);
    this.#unwritten.add(session);
    this.#timer.start(WRITE_DELAY_MS, () => void this.flush());
  }

  async flush(): Promise<void> {
    this.#timer.stop();
    const sessions = [...this.#unwritten];
    this.#unwritten.clear();
    if (sessions.length === 0) return;
    try {
      await this.#write(sessions);
    } catch (error) {
      this.#options.onProblem?.(error);
    }
  }

  async #write(sessions: readonly string[]): Promise<void> {
    const transaction = (await this.#database()).transaction("drafts", "readwrite");
    const writes = sessions.map((session): Promise<unknown> => {
      const { text, at } = this.#drafts.get(session) ?? { text: "", at: 0 };
      return text === "" ? transaction.store.delete(session) : transaction.store.put({ session, text, at });
    });
    await Promise.all([...writes, transaction.done]);
  }

  #database(): Promise<Database> {
    const forget = (): void => {
      this.#opened = undefined;
    };
    if (!this.#opened) {
      this.#opened = open(this.#options.databaseName ?? "perdure-drafts", this.#clock.now(), forget);
      this.#opened.catch(forget);
    }
    return this.#opened;
  }
}

/** Of two of the same time the first. */
function newest(...drafts: readonly (Draft | undefined)[]): Draft | undefined {
  return drafts.reduce((best, draft) => (draft !== undefined && draft.at > (best?.at ?? -1) ? draft : best), undefined);
}

async function open(name: string, now: number, forget: () => void): Promise<Database> {
  const database = await openDB<Schema>(name, VERSION, {
    upgrade: (fresh) => void fresh.createObjectStore("drafts", { keyPath: "session" }).createIndex("at", "at"),
    // Another page needs a newer version, or the browser has closed it: the next call opens it again.
    blocking: () => {
      database.close();
      forget();
    },
    terminated: forget,
  });
  await prune(database, now);
  return database;
}

async function prune(database: Database, now: number): Promise<void> {
  const transaction = database.transaction("drafts", "readwrite");
  let excess = (await transaction.store.count()) - MAX_DRAFTS;
  let cursor = await transaction.store.index("at").openCursor();
  for (; cursor && (excess > 0 || now - cursor.value.at > MAX_AGE_MS); excess -= 1) {
    await cursor.delete();
    cursor = await cursor.continue();
  }
  await transaction.done;
}
