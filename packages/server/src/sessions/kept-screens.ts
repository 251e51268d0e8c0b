/** What is kept of a session's screen in the store: the snapshots from which its engine wakes, with the commands of its shell beside them. */
import type { Snapshot, Store, StreamKey, Write } from "../store/store.ts";
import type { EngineSnapshot } from "../terminal/engine.ts";
import type { CommandLog } from "./commands/command-log.ts";
import { commandWrites, restoreCommands } from "./commands/kept-commands.ts";

/** Kind and version of the snapshots kept in the store. */
export const SCREEN_SNAPSHOT = { kind: "screen", version: 1 } as const;

export interface KeptScreensOptions {
  readonly key: StreamKey;
  readonly store: Store;
  /** Committed end of the stream. */
  readonly tail: () => number;
  /** First kept byte of the stream. */
  readonly start: () => { readonly offset: number };
  readonly commands: CommandLog;
}

export class KeptScreens {
  readonly #options: KeptScreensOptions;

  constructor(options: KeptScreensOptions) {
    this.#options = options;
  }

  /**
   * The newest screen of which the place in the count of lines is known; where the log begins, the count may begin as well. The
   * commands are those of now.
   */
  async newest(): Promise<Snapshot | null> {
    const { store, key, tail, commands } = this.#options;
    const found = await this.#find();
    await restoreCommands(commands, store, key, tail());
    return found;
  }

  async keep({ offset, cols, rows, data, place }: EngineSnapshot): Promise<void> {
    const { store, key, commands, start } = this.#options;
    const snapshot: Snapshot = { ...key, ...SCREEN_SNAPSHOT, offset, cols, rows, data, place };
    commands.trim(start().offset);
    const write: Write = { op: "put-snapshot", snapshot };
    await store.commit([write, ...commandWrites(commands, snapshot)], "normal");
  }

  async #find(): Promise<Snapshot | null> {
    const { tail, start } = this.#options;
    const newest = await this.#at(tail());
    if (!newest || newest.place) return newest;
    const beginning = start().offset;
    const oldest = newest.offset === beginning ? newest : await this.#at(beginning);
    return oldest?.offset === beginning ? oldest : null;
  }

  /** Of another version: none. */
  async #at(offset: number): Promise<Snapshot | null> {
    const snapshot = await this.#options.store.snapshot(this.#options.key, SCREEN_SNAPSHOT.kind, offset);
    return snapshot?.version === SCREEN_SNAPSHOT.version ? snapshot : null;
  }
}
