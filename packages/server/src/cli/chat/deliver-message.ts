/**
 * Brings a message to the server's disk, once: its id is made before anything is sent, and the same id and text are sent until a
 * server says that it has them, through its restarts. Bounded; what is waited for is said.
 */
import type { Rest } from "@perdure/client";
import { PerdureError } from "@perdure/protocol";
import type { Clock } from "../../platform/clock.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";

/** How long a server is waited for. */
export const DELIVERY_MS = 120_000;
/** A server that does not answer within this time is asked again. */
const ATTEMPT_MS = 5000;
const PAUSE_MS = 250;

export interface Delivery {
  readonly session: string;
  /** A UUID. */
  readonly message: string;
  readonly text: string;
  /** The server as it is known now; asked before each attempt. */
  readonly rest: () => Pick<Rest, "sendMessage">;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once, when the first attempt found no server. */
  readonly onWaiting: () => void;
}

/** Resolves when the message is on the server's disk. Rejects with the server's own words if it will never take it. */
export async function deliverMessage(delivery: Delivery): Promise<void> {
  const { session, message, text, rest, clock, signal, onWaiting } = delivery;
  const until = clock.now() + DELIVERY_MS;
  for (let attempts = 0; ; attempts += 1) {
    try {
      return await rest().sendMessage(session, message, text, { signal, timeoutMs: ATTEMPT_MS });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof PerdureError) || error.code !== "server-unreachable") throw error;
      if (clock.now() >= until) throw gaveUp(message, error);
    }
    if (attempts === 0) onWaiting();
    await pause(clock, signal);
  }
}

function gaveUp(message: string, cause: unknown): CommandFailure {
  const failure = new CommandFailure(
    EXIT.failed,
    `No server has taken the message within ${DELIVERY_MS / 1000} s; it may have arrived. The same again with --id ${message} has no second effect.`,
  );
  failure.cause = cause;
  return failure;
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(PAUSE_MS, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    const onAbort = (): void => {
      cancel();
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
