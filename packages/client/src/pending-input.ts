/**
 * Where input waits until the server has acknowledged it (PROTOCOL §6). With a lasting store (`indexed-db-pending-input.ts`) it
 * outlives the page; the default lives in memory and outlives a detached view only.
 */

/** One input frame that may not have reached the program. It is never changed once it has its number. */
export interface PendingInputRecord {
  readonly session: string;
  readonly runId: string;
  /** The run's number within the session. */
  readonly run: number;
  readonly writer: string;
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** Calls take effect in the order in which they are made. A store that rejects costs the input's survival, not the input. */
export interface PendingInput {
  put(record: PendingInputRecord): Promise<void>;
  /** Forgets what the writer sent to the run up to and including `upToSeq`. */
  remove(session: string, runId: string, writer: string, upToSeq: number): Promise<void>;
  /** Everything that waits for a session, in the order in which it was put. */
  load(session: string): Promise<readonly PendingInputRecord[]>;
}

export function createMemoryPendingInput(): PendingInput {
  const records = new Map<string, PendingInputRecord>();
  return {
    put: (record) => {
      records.set(JSON.stringify([record.session, record.runId, record.writer, record.seq]), record);
      return Promise.resolve();
    },
    remove: (session, runId, writer, upToSeq) => {
      for (const [key, record] of records) {
        const isNamed = record.session === session && record.runId === runId && record.writer === writer;
        if (isNamed && record.seq <= upToSeq) records.delete(key);
      }
      return Promise.resolve();
    },
    load: (session) => Promise.resolve([...records.values()].filter((record) => record.session === session)),
  };
}
