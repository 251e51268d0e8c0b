/**
 * One connection: prepared statements kept by their text, and transactions that check the epoch first. Everything runs
 * synchronously in the worker.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Durability } from "../store.ts";
import { StoreFailure } from "./failure.ts";

/** How long to wait for another connection's lock: a successor opens within this time, a frozen holder is reported after it. */
const BUSY_TIMEOUT_MS = 5_000;

/** Any row, by the names of its columns. */
export type Row = Readonly<Record<string, SQLInputValue>>;

type Found<One> = One | undefined;

export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #durability: Durability | null = null;
  #epoch: number | null = null;

  constructor(file: string, options: { readonly readOnly?: boolean } = {}) {
    this.#connection = new DatabaseSync(file, { readOnly: options.readOnly ?? false, timeout: BUSY_TIMEOUT_MS });
  }

  /** Opens a damaged file for reading: one that is shorter than its header says is read as far as it goes. */
  static openDamaged(file: string): Database {
    const database = new Database(file, { readOnly: true });
    database.#connection.enableDefensive(false);
    database.exec("PRAGMA writable_schema = ON");
    return database;
  }

  get isInTransaction(): boolean {
    return this.#connection.isTransaction;
  }

  /** From now on every transaction and read is refused once another epoch stands in the file. */
  holdEpoch(epoch: number): void {
    this.#epoch = epoch;
  }

  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  run(sql: string, ...values: SQLInputValue[]): { readonly changes: number; readonly lastId: number } {
    const { changes, lastInsertRowid } = this.#prepared(sql).run(...values);
    return { changes: Number(changes), lastId: Number(lastInsertRowid) };
  }

  get<One>(sql: string, ...values: SQLInputValue[]): Found<One> {
    return this.#prepared(sql).get(...values) as Found<One>;
  }

  all<One>(sql: string, ...values: SQLInputValue[]): One[] {
    return this.#prepared(sql).all(...values) as One[];
  }

  *iterate<One>(sql: string, ...values: SQLInputValue[]): Generator<One, void> {
    try {
      yield* this.#prepared(sql).iterate(...values) as Iterable<One>;
    } catch (error) {
      // A statement that broke off gives its old error again at its next use.
      this.#statements.delete(sql);
      throw error;
    }
  }

  /** Runs `work` in one transaction: all of it is kept, or nothing. With `full` it is on disk on return. */
  transaction<T>(durability: Durability, work: () => T): T {
    this.#setDurability(durability);
    this.#prepared("BEGIN IMMEDIATE").run();
    try {
      this.checkEpoch();
      const result = work();
      this.#prepared("COMMIT").run();
      return result;
    } catch (error) {
      // SQLite ends the transaction by itself on some errors, a full disk among them.
      if (this.isInTransaction) this.#prepared("ROLLBACK").run();
      throw error;
    }
  }

  /** Throws `stale-epoch` if another server has opened the file since. */
  checkEpoch(): void {
    if (this.#epoch === null) return;
    const row = this.get<{ value: string }>("SELECT value FROM meta WHERE name = 'epoch'");
    if (Number(row?.value) !== this.#epoch) throw new StoreFailure("stale-epoch", "Another server has taken over this state directory.");
  }

  /** Does `work` without waiting for locks of others. */
  withoutWaiting<T>(work: () => T): T {
    this.exec("PRAGMA busy_timeout = 0");
    try {
      return work();
    } finally {
      this.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  close(): void {
    if (this.#connection.isOpen) this.#connection.close();
  }

  #setDurability(durability: Durability): void {
    if (this.#durability === durability) return;
    this.exec(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
    this.#durability = durability;
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
