/**
 * Starts the next run of a conversation for a message that waits, one start at a time; why it cannot be started is said in the
 * conversation.
 */
import { randomUUID } from "node:crypto";
import { PerdureError, type StartRun } from "@perdure/protocol";
import type { Log } from "../platform/log.ts";
import type { FullDisk } from "./full-disk.ts";
import type { Session } from "./session.ts";

export interface WakingOptions {
  readonly log: Log;
  readonly disk: FullDisk;
  readonly startRun: (session: Session, request: StartRun, key: string) => Promise<unknown>;
  /** Somebody is just starting or deleting it. */
  readonly isTaken: (session: Session) => boolean;
}

export class Waking {
  readonly #options: WakingOptions;
  readonly #underWay = new Set<Session>();

  constructor(options: WakingOptions) {
    this.#options = options;
  }

  /** Rejects with what must not happen. A full disk is waited for. */
  async wake(session: Session): Promise<void> {
    if (this.#underWay.has(session) || !this.#isAsleep(session)) return;
    this.#underWay.add(session);
    const { disk, startRun } = this.#options;
    const key = randomUUID();
    try {
      await disk.untilKept(async () => {
        if (this.#isAsleep(session)) await startRun(session, {}, key);
      });
    } catch (error) {
      await this.#notWoken(session, error);
    } finally {
      this.#underWay.delete(session);
    }
  }

  #isAsleep(session: Session): boolean {
    return !session.isAlive && !session.isDeleted && !this.#options.isTaken(session);
  }

  /** Without its host nothing is asked of the user: the next connection finds what waits. */
  async #notWoken(session: Session, error: unknown): Promise<void> {
    const { log, disk } = this.#options;
    log.warn({ session: session.id, err: error }, "an agent was not started");
    const isUnknown = error instanceof PerdureError && error.code === "host-unavailable";
    if (isUnknown || !this.#isAsleep(session) || session.run.state.is === "failed") return;
    const { code, message } = error instanceof PerdureError ? error : { code: "internal", message: String(error) };
    try {
      await disk.untilKept(async () => session.chat?.failedToStart(code, message));
    } catch (failure) {
      if (!session.isDeleted) throw failure;
    }
  }
}
