/**
 * The messages of an outbox in IndexedDB: they survive the page and a browser that is killed, on plain-HTTP addresses too. A
 * change resolves when it is on the disk. Where the browser refuses a database, messages live as long as the page, and `isLasting` says so.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { type Clock, systemClock } from "../clock.ts";
import { createMemoryMessages, inOrder, type KeptMessage, type KeptMessages, type MessageChange } from "./kept-messages.ts";

const VERSION = 1;
/** A browser that never answers has no database. */
const OPEN_MS = 5000;

interface Schema extends DBSchema {
  messages: { key: string; value: KeptMessage };
}

type Database = IDBPDatabase<Schema>;
type Update = (messages: readonly KeptMessage[]) => MessageChange;

export interface MessagesOptions {
  /** Default: `perdure-messages`. */
  readonly databaseName?: string;
  readonly clock?: Clock;
  /** The browser refuses a database. For logs. */
  readonly onProblem?: (error: unknown) => void;
}

/** Opens the database at its first use. */
export function openMessages({ databaseName = "perdure-messages", clock = systemClock, onProblem }: MessagesOptions = {}): KeptMessages {
  const memory = createMemoryMessages();
  let opened: Promise<Database | undefined> | undefined;
  let isRefused = false;
  const forget = (): void => {
    opened = undefined;
  };
  const database = (): Promise<Database | undefined> => {
    opened ??= within(clock, open(databaseName, forget)).catch((error: unknown) => {
      // From now on everything of this page is in one place.
      isRefused = true;
      onProblem?.(error);
      return undefined;
    });
    return opened;
  };
  /** Some browsers lose their database without a word: then it is opened once more. */
  const inDatabase = async <T>(work: (kept: Database) => Promise<T>, without: () => Promise<T>): Promise<T> => {
    const kept = await database();
    if (!kept) return without();
    try {
      return await work(kept);
    } catch (error) {
      if (!isLost(error)) throw error;
      forget();
      const again = await database();
      return again ? work(again) : without();
    }
  };
  return {
    get isShared() {
      return !isRefused;
    },
    get isLasting() {
      return !isRefused;
    },
    load: () =>
      inDatabase(
        async (kept) => inOrder(await kept.getAll("messages")),
        () => memory.load(),
      ),
    update: (change) =>
      inDatabase(
        (kept) => update(kept, change),
        () => memory.update(change),
      ),
  };
}

async function open(name: string, forget: () => void): Promise<Database> {
  const database = await openDB<Schema>(name, VERSION, {
    upgrade: (fresh) => void fresh.createObjectStore("messages", { keyPath: "id" }),
    // Another page needs a newer version, or the browser has closed it: the next call opens it again.
    blocking: () => {
      database.close();
      forget();
    },
    terminated: forget,
  });
  return database;
}

function within(clock: Clock, opening: Promise<Database>): Promise<Database> {
  const { promise, resolve, reject } = Promise.withResolvers<Database>();
  const timer = clock.setTimeout(() => reject(new Error("The browser does not open its database.")), OPEN_MS);
  opening.then(resolve, reject);
  return promise.finally(() => clock.clearTimeout(timer));
}

/** One transaction; `strict`: the browser waits for the disk. */
async function update(database: Database, change: Update): Promise<readonly KeptMessage[]> {
  const transaction = database.transaction("messages", "readwrite", { durability: "strict" });
  const { done, store } = transaction;
  try {
    const before = inOrder(await store.getAll());
    const { put = [], remove = [] } = change(before);
    await Promise.all([...remove.map((id) => store.delete(id)), ...put.map((message) => store.put(message)), done]);
    return after(before, put, remove);
  } catch (error) {
    done.catch(() => undefined);
    abort(transaction);
    throw error;
  }
}

function after(before: readonly KeptMessage[], put: readonly KeptMessage[], remove: readonly string[]): readonly KeptMessage[] {
  const messages = new Map(before.map((message) => [message.id, message]));
  for (const id of remove) messages.delete(id);
  for (const message of put) messages.set(message.id, message);
  return inOrder(messages.values());
}

/** The connection to the database is gone; nothing was changed. */
function isLost(error: unknown): boolean {
  return error instanceof DOMException && (error.name === "InvalidStateError" || error.name === "UnknownError");
}

/** A transaction that has failed by itself is over already. */
function abort(transaction: { abort(): void }): void {
  try {
    transaction.abort();
  } catch {
    return;
  }
}
