/**
 * What is kept of one session: its row with the details, where its stream stands, and its current run. The one place that writes
 * the row, so that no older one overtakes a newer one; after a deletion nothing of it is committed.
 */
import { isAlive, PerdureError, type RunState } from "@perdure/protocol";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Durability, RunRow, SessionRow, Store, StreamKey, StreamState, Write } from "../store/store.ts";
import { CommitRefused } from "./commit-refused.ts";
import { decodeDetails, decodeRunState, encodeDetails, type SessionDetails } from "./details.ts";

const MAX_NOTICES = 20;

/** A run as the server holds it. */
export interface CurrentRun {
  readonly row: RunRow;
  readonly state: RunState;
}

export interface SessionRecordOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** What clients see of it is another. */
  readonly changed: () => void;
}

export class SessionRecord {
  readonly id: string;
  /** The terminal's stream. */
  readonly key: StreamKey;
  /** The run that is the session's now. What is set here counts at once. */
  run: CurrentRun;
  /** The same for the details, and for where the terminal's stream stands. */
  details: SessionDetails;
  stream: StreamState;
  readonly #options: SessionRecordOptions;
  #row: SessionRow;
  #isDeleted = false;

  constructor(options: SessionRecordOptions, row: SessionRow, stream: StreamState, run: RunRow) {
    this.#options = options;
    this.id = row.id;
    this.key = { session: row.id, stream: "terminal" };
    this.#row = row;
    this.details = decodeDetails(row.details);
    this.stream = stream;
    this.run = { row: run, state: decodeRunState(run.state) };
  }

  get row(): SessionRow {
    return this.#row;
  }

  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  get isAlive(): boolean {
    return isAlive(this.run.state);
  }

  /** Other details, from now on. */
  change(changes: Partial<SessionDetails>): void {
    this.details = { ...this.details, ...changes };
  }

  /** Something happened in it; kept with the next row. */
  noteActivity(): void {
    this.#row = { ...this.#row, lastActivityAt: this.#options.clock.now() };
  }

  /** The name counts at once, so that rows written meanwhile have it; if it cannot be kept, the old one counts again. */
  async rename(name: string): Promise<void> {
    const before = this.#row.name;
    this.#row = { ...this.#row, name };
    try {
      await this.commit(this.rowWrites(), "full");
    } catch (error) {
      this.#row = { ...this.#row, name: before };
      throw error;
    }
    this.#options.changed();
  }

  /** Something the user should know about the history. Shown in the session, newest last, and kept with its row. */
  addNotice(text: string): void {
    const notices = [...this.details.notices, { at: this.#options.clock.now(), text }].slice(-MAX_NOTICES);
    this.changeAndKeep({ notices });
  }

  /** The same for what a commit under way says: it counts at once, and told again it is the same. `true`: it is new. */
  noteOnce(notice: { readonly at: number; readonly text: string }): boolean {
    const { notices } = this.details;
    if (notices.some(({ at, text }) => at === notice.at && text === notice.text)) return false;
    this.change({ notices: [...notices, notice].slice(-MAX_NOTICES) });
    return true;
  }

  /** The stream may be shorter than somebody has seen it. Says so, once for each time; `null`: of this one nothing is missing. */
  noteIncarnation(text: string | null): void {
    const { incarnation } = this.stream;
    if (incarnation <= this.details.noticedIncarnation) return;
    this.change({ noticedIncarnation: incarnation });
    if (text === null) this.#keepInBackground();
    else this.addNotice(text);
  }

  /** Other details, told at once; the row is written, and nobody waits for it. */
  changeAndKeep(changes: Partial<SessionDetails>): void {
    this.change(changes);
    this.#keepInBackground();
    this.#options.changed();
  }

  /** The row as it is, with changes that count once they are committed. */
  rowWrites(changes: Partial<SessionDetails> = {}): Write[] {
    return [{ op: "put-session", session: { ...this.#row, details: encodeDetails({ ...this.details, ...changes }) } }];
  }

  /** Rejects when nothing was committed. */
  async commit(writes: readonly Write[], durability: Durability): Promise<void> {
    if (this.#isDeleted) throw new PerdureError("session-deleted", `${this.#row.name} is being deleted.`);
    const result = await this.#options.store.commit(writes, durability);
    if (!result.ok) throw new CommitRefused(this.id, result.reason, result.at);
  }

  /** Deletes it with its history, and commits what else is to be kept of it. If that fails, it is as before. */
  async delete(kept: readonly Write[]): Promise<void> {
    this.#isDeleted = true;
    try {
      const result = await this.#options.store.commit([{ op: "delete-session", session: this.id }, ...kept], "full");
      if (!result.ok) throw new Error(`deleting session ${this.id} was refused: ${result.reason}`);
    } catch (error) {
      this.#isDeleted = false;
      throw error;
    }
  }

  #keepInBackground(): void {
    this.commit(this.rowWrites(), "normal").catch((error: unknown) => {
      if (this.#isDeleted) return;
      this.#options.log.warn({ session: this.id, err: error }, "a session's row was not kept; it will be with the next change");
    });
  }
}
