/**
 * What the user has written and not sent, one text a session. It is there at once for whoever asks on this page, and in IndexedDB a
 * moment later, for the next page; `flush` when the page is hidden, since after that a phone may kill the browser without a word. Where the
 * browser refuses a database, drafts live as long as the page.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { type Clock, systemClock, Timer } from "../clock.ts";

const VERSION = 1;
const WRITE_DELAY_MS = 300;
/** Drafts that nobody came back to: the oldest go. */
const MAX_DRAFTS = 500;

interface Draft {
  readonly session: string;
  readonly text: string;
  readonly at: number;
}

interface Schema extends DBSchema {
  drafts: { key: string; value: Draft; indexes: { at: number } };
}

type Database = IDBPDatabase<Schema>;

export interface DraftsOptions {
  /** Default: `perdure-drafts`. */
  readonly databaseName?: string;
  readonly clock?: Clock;
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
  /** What was set on this page: newer than what is in the database. */
  readonly #texts = new Map<string, string>();
  readonly #unwritten = new Set<string>();
  #opened: Promise<Database> | undefined;

  constructor(options: DraftsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#timer = new Timer(this.#clock);
  }

  async get(session: string): Promise<string> {
    const known = this.#texts.get(session);
    if (known !== undefined) return known;
    try {
      const kept = await (await this.#database()).get("drafts", session);
      // It may have been set while the database was asked.
      return this.#texts.get(session) ?? kept?.text ?? "";
    } catch (error) {
      this.#options.onProblem?.(error);
      return this.#texts.get(session) ?? "";
    }
  }

  set(session: string, text: string): void {
    this.#texts.set(session, text);
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
      const text = this.#texts.get(session) ?? "";
      return text === "" ? transaction.store.delete(session) : transaction.store.put({ session, text, at: this.#clock.now() });
    });
    await Promise.all([...writes, transaction.done]);
  }

  #database(): Promise<Database> {
    const forget = (): void => {
      this.#opened = undefined;
    };
    if (!this.#opened) {
      this.#opened = open(this.#options.databaseName ?? "perdure-drafts", forget);
      this.#opened.catch(forget);
    }
    return this.#opened;
  }
}

async function open(name: string, forget: () => void): Promise<Database> {
  const database = await openDB<Schema>(name, VERSION, {
    upgrade: (fresh) => void fresh.createObjectStore("drafts", { keyPath: "session" }).createIndex("at", "at"),
    // Another page needs a newer version, or the browser has closed it: the next call opens it again.
    blocking: () => {
      database.close();
      forget();
    },
    terminated: forget,
  });
  await prune(database);
  return database;
}

async function prune(database: Database): Promise<void> {
  const transaction = database.transaction("drafts", "readwrite");
  let excess = (await transaction.store.count()) - MAX_DRAFTS;
  for (let cursor = await transaction.store.index("at").openCursor(); cursor && excess > 0; excess -= 1) {
    await cursor.delete();
    cursor = await cursor.continue();
  }
  await transaction.done;
}
