/**
 * Pending input in IndexedDB: the one storage of a page that survives a browser's sudden end at once (localStorage and a
 * just-set cookie do not), and that works on plain-HTTP addresses.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { PendingInput, PendingInputRecord } from "./pending-input.ts";

const VERSION = 1;

interface Schema extends DBSchema {
  input: { key: number; value: PendingInputRecord; indexes: { session: string } };
}

export interface PendingInputOptions {
  /** Default: `perdure-pending-input`. */
  readonly databaseName?: string;
  /** Sessions that are never opened again leave their input behind: beyond this many frames the oldest go. Default: 20,000. */
  readonly maxFrames?: number;
}

/** Opens the database at its first use. Without IndexedDB every call rejects, and input lives as long as the page. */
export function openPendingInput({ databaseName = "perdure-pending-input", maxFrames = 20_000 }: PendingInputOptions = {}): PendingInput {
  let opened: Promise<IDBPDatabase<Schema>> | undefined;
  const forget = () => {
    opened = undefined;
  };
  const database = () => {
    if (opened) return opened;
    const opening = open(databaseName, maxFrames, forget);
    opened = opening;
    opening.catch(() => {
      if (opened === opening) forget();
    });
    return opening;
  };
  return {
    put: async (record) => {
      const transaction = (await database()).transaction("input", "readwrite", { durability: "relaxed" });
      await Promise.all([transaction.store.add(record), transaction.done]);
    },
    remove: async (session, runId, writer, upToSeq) => {
      const transaction = (await database()).transaction("input", "readwrite", { durability: "relaxed" });
      for await (const cursor of transaction.store.index("session").iterate(session)) {
        const { value } = cursor;
        if (value.runId === runId && value.writer === writer && value.seq <= upToSeq) await cursor.delete();
      }
      await transaction.done;
    },
    load: async (session) => (await database()).getAllFromIndex("input", "session", session),
  };
}

async function open(name: string, maxFrames: number, forget: () => void): Promise<IDBPDatabase<Schema>> {
  const database = await openDB<Schema>(name, VERSION, {
    upgrade: (fresh) => fresh.createObjectStore("input", { autoIncrement: true }).createIndex("session", "session"),
    // Another page needs a newer version, or the browser has closed it: the next call opens it again.
    blocking: () => {
      database.close();
      forget();
    },
    terminated: forget,
  });
  await prune(database, maxFrames);
  return database;
}

async function prune(database: IDBPDatabase<Schema>, maxFrames: number): Promise<void> {
  const transaction = database.transaction("input", "readwrite");
  let excess = (await transaction.store.count()) - maxFrames;
  for (let cursor = await transaction.store.openCursor(); cursor && excess > 0; excess -= 1) {
    await cursor.delete();
    cursor = await cursor.continue();
  }
  await transaction.done;
}
