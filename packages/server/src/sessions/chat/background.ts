/**
 * Steps of a conversation that nobody waits for: on a full disk each is tried again until there is room. A store that was taken
 * over ends the server by itself.
 */
import { PerdureError } from "@perdure/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";

/** After a full disk was met, what nobody waits for is tried again. */
const FULL_DISK_MS = 1000;

export class Background {
  readonly #home: { readonly clock: Clock; readonly log: Log; readonly session: string };
  #isClosed = false;

  constructor(home: { readonly clock: Clock; readonly log: Log; readonly session: string }) {
    this.#home = home;
  }

  run(work: () => Promise<void>): void {
    const { clock, log, session } = this.#home;
    work().catch((error: unknown) => {
      if (this.#isClosed) return;
      if (error instanceof PerdureError && error.code === "storage-full") clock.after(FULL_DISK_MS, () => this.run(work));
      else log.warn({ session, err: error }, "a step of a conversation failed");
    });
  }

  /** What fails from here on does so because the conversation is closed. */
  close(): void {
    this.#isClosed = true;
  }
}
