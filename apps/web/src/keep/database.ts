/**
 * What the page itself keeps in IndexedDB, the one storage that holds what was written when the browser is killed: this device's
 * credential. Where IndexedDB is closed to the page (some private windows), everything works, but is not kept.
 */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";

interface Schema extends DBSchema {
  credential: { key: "token"; value: string };
}

export type Kept = IDBPDatabase<Schema>;

let opened: Promise<Kept | undefined> | undefined;

/** The database; `undefined` where the browser refuses one. Opened again after the browser has closed it. */
export async function openKept(): Promise<Kept | undefined> {
  opened ??= open();
  return opened;
}

async function open(): Promise<Kept | undefined> {
  try {
    return await openDB<Schema>("perdure-web", 1, {
      upgrade(database) {
        database.createObjectStore("credential");
      },
      terminated() {
        opened = undefined;
      },
    });
  } catch (error) {
    console.warn("This browser keeps nothing for the page; signing in lasts as long as its cookie.", error);
    return undefined;
  }
}
