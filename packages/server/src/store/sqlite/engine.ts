/**
 * The engine in the worker: answers each call from the database, and uses the time after an answer for what nobody waits for:
 * sealing, moving the log, giving free pages back to the file system; and, when no call comes, compaction.
 */
import * as path from "node:path";
import { type Clock, systemClock } from "../../platform/clock.ts";
import type { Calls, CommitOutcome, Failure, WorkerStart } from "../calls.ts";
import type * as store from "../store.ts";
import { Compaction } from "./compaction.ts";
import type { Database } from "./database.ts";
import { executeBatch } from "./execute.ts";
import { StoreFailure, failureOf, isBusy, isDamage } from "./failure.ts";
import { CommitTimes, readStats } from "./figures.ts";
import { endLife, openFile } from "./opening.ts";
import * as reads from "./reads.ts";
import { QuietTime } from "./quiet-time.ts";
import { noteDamage } from "./recovery.ts";
import { trimStream } from "./retention.ts";
import { SealQueue } from "./seal.ts";
import { findMarks, findSnapshot } from "./snapshots.ts";
import { findStream, stateOf } from "./streams.ts";
import { WriteAheadLog } from "./wal.ts";

/** Pages given back in one step, and free ones that stay for what is written next. */
const VACUUM_PAGES = 256;
const SPARE_PAGES = 256;

/** Steps of compaction in one turn where nothing is to be changed. */
const MAX_STEPS = 16;

/** Does not step with the clock on the wall. */
const STEADY_CLOCK: Clock = { ...systemClock, now: () => performance.now() };

export class Engine implements Calls {
  readonly epoch: number;
  readonly report: store.OpenReport;
  readonly #file: string;
  readonly #db: Database;
  readonly #log: WriteAheadLog;
  readonly #seals = new SealQueue();
  readonly #times = new CommitTimes();
  readonly #clock: Clock;
  readonly #compaction = new Compaction();
  readonly #quietTime: QuietTime;
  #shallShrink = true;
  #isClosed = false;

  constructor(start: WorkerStart, clock: Clock = STEADY_CLOCK) {
    const { db, epoch, report } = openFile(start);
    this.epoch = epoch;
    this.report = report;
    this.#file = start.file;
    this.#db = db;
    this.#log = new WriteAheadLog(db, start.file);
    this.#log.wasSynced();
    this.#clock = clock;
    this.#compaction.begin(db, clock.now());
    this.#quietTime = new QuietTime(clock, { dueInMs: () => this.#dueInMs(), turn: (isResting) => this.#useQuietTime(isResting) });
  }

  commit(commits: readonly (readonly store.Write[])[], wanted: store.Durability): readonly CommitOutcome[] {
    const durability = this.#log.needsFull ? "full" : wanted;
    const startedAt = performance.now();
    const outcomes = this.#execute(commits, durability);
    this.#times.add(performance.now() - startedAt);
    if (durability === "full") this.#log.wasSynced();
    else this.#log.wasWritten();
    this.#compaction.note(commits, this.#clock.now());
    if (commits.some((writes) => writes.some((write) => write.op === "delete-session"))) this.#shallShrink = true;
    return outcomes;
  }

  read(key: store.StreamKey, from: number, maxBytes: number): store.ReadResult {
    return reads.readStream(this.#reading(), key, from, maxBytes);
  }

  streamState(key: store.StreamKey): store.StreamState | null {
    const stream = findStream(this.#reading(), key);
    return stream ? stateOf(stream) : null;
  }

  snapshot(key: store.StreamKey, kind: string, atOrBefore: number): store.Snapshot | null {
    return findSnapshot(this.#reading(), key, kind, atOrBefore);
  }

  snapshotMarks(key: store.StreamKey, kind: string): store.SnapshotMark[] {
    return findMarks(this.#reading(), key, kind);
  }

  keptSessions(): store.KeptSession[] {
    return reads.readKeptSessions(this.#reading());
  }

  sessions(): store.SessionRow[] {
    return reads.readSessions(this.#reading());
  }

  runs(session: string | null): store.RunRow[] {
    return reads.readRuns(this.#reading(), session);
  }

  sends(run: string, after: number): store.SendRow[] {
    return reads.readSends(this.#reading(), run, after);
  }

  writerNumber(key: store.StreamKey, writer: string): number {
    return reads.readWriterNumber(this.#reading(), key, writer);
  }

  keyResult(key: string): { readonly request: string; readonly result: string } | null {
    return reads.readKey(this.#reading(), key);
  }

  devices(): store.DeviceRow[] {
    return reads.readDevices(this.#reading());
  }

  setting(name: string): string | null {
    return reads.readSetting(this.#reading(), name);
  }

  trim(key: store.StreamKey, retention: store.Retention, now: number): number {
    const dropped = trimStream(this.#db, key, retention, now);
    if (dropped > 0) this.#log.wasWritten();
    this.#shallShrink ||= dropped > 0;
    return dropped;
  }

  stats(): store.StoreStats {
    return readStats(this.#reading(), this.#times);
  }

  /** Forgets the pages it holds in memory: the system still has them, and they are few to read again. */
  dropPages(): void {
    if (!this.#isClosed) this.#db.exec("PRAGMA shrink_memory");
  }

  close(): null {
    this.#isClosed = true;
    this.#quietTime.close();
    try {
      endLife(this.#db);
      this.#log.move();
    } catch (error) {
      // A successor has taken over: it is its file now.
      if (!(error instanceof StoreFailure)) throw error;
    } finally {
      this.#log.close();
      this.#db.close();
    }
    return null;
  }

  /** To be called after answers were sent. Seals what is due; returns whether there is more to do when nothing else is. */
  afterAnswer(): boolean {
    this.#quietly(() => {
      if (!this.#seals.isEmpty) this.#log.wasWritten();
      this.#seals.run(this.#db);
      this.#log.moveIfDue();
    });
    this.#quietTime.noteCall();
    return this.#shallShrink;
  }

  /** One bounded step of what can wait for an idle moment; returns whether there is more. */
  idleStep(): boolean {
    if (this.#isClosed) return false;
    this.#quietly(() => this.#shrink());
    return this.#shallShrink;
  }

  /** What a failed call answers; damage is noted, so that the next opening recovers from it. */
  failed(error: unknown): Failure {
    if (isDamage(error)) noteDamage(this.#file);
    const failure = failureOf(error, path.dirname(this.#file));
    return isDamage(error) || failure.code === "stale-epoch" ? { ...failure, isLasting: true } : failure;
  }

  #execute(commits: readonly (readonly store.Write[])[], durability: store.Durability): readonly CommitOutcome[] {
    try {
      return executeBatch(this.#db, this.#seals, commits, durability);
    } catch (error) {
      this.#log.wasBroken();
      throw error;
    }
  }

  #reading(): Database {
    this.#db.checkEpoch();
    return this.#db;
  }

  #dueInMs(): number | null {
    return this.#shallShrink ? 0 : this.#compaction.dueInMs(this.#clock.now());
  }

  /** What is compacted leaves free pages: they are given back once nothing is left to be compacted. */
  #useQuietTime(isResting: boolean): void {
    const isDone = this.#quietly(() => {
      if (isResting && this.#log.moveInQuietTime()) return;
      if (this.#compaction.dueInMs(this.#clock.now()) === 0) this.#compact();
      else if (this.#shallShrink) this.#shrink();
    });
    if (!isDone) this.#compaction.giveUp();
  }

  /** Steps until one has changed the file, or for a moment where there is little to do. */
  #compact(): void {
    this.#db.checkEpoch();
    const now = this.#clock.now();
    for (let steps = 0; steps < MAX_STEPS; steps += 1) {
      if (!this.#compaction.step(this.#db, now)) continue;
      this.#log.wasWritten();
      this.#shallShrink = true;
      return;
    }
  }

  #shrink(): void {
    this.#shallShrink = false;
    this.#db.checkEpoch();
    const free = this.#db.get<{ freelist_count: number }>("PRAGMA freelist_count")?.freelist_count ?? 0;
    if (free <= SPARE_PAGES) return;
    this.#db.all(`PRAGMA incremental_vacuum(${Math.min(VACUUM_PAGES, free - SPARE_PAGES)})`);
    this.#log.wasWritten();
    this.#log.moveIfDue();
    this.#shallShrink = true;
  }

  /** Runs what nobody waits for; false if it failed. A full disk, a lock or a successor will be met, and told, by the next call. */
  #quietly(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      const { code } = this.failed(error);
      if (code === "internal" && !isDamage(error) && !isBusy(error)) throw error;
      if (code === "storage-full") this.#log.wasBroken();
      return false;
    }
  }
}
