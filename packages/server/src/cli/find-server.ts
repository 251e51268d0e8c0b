/**
 * Finds the server of a state directory: the process that its file names must live, and must answer within five seconds. A
 * process that lives and does not answer is frozen, or so busy that nobody can work with it.
 */
import * as fs from "node:fs";
import { setTimeout } from "node:timers/promises";
import { createRest, type Rest } from "@perdure/client";
import { PerdureError, type Status } from "@perdure/protocol";
import type { Home } from "../platform/home.ts";
import { isProcessAlive, type ProcessIdentity } from "../platform/processes.ts";
import { readServerFile } from "../platform/server-file.ts";

const ANSWER_MS = 5000;
const ENDS_WITHIN_MS = 7000;
const LOOK_EVERY_MS = 20;
/** Until an answer begins; `end` waits for a program's grace of at most 60 s. */
const RESPONSE_MS = 90_000;

export type Found =
  | { readonly is: "running"; readonly url: string; readonly status: Status; readonly rest: Rest }
  | { readonly is: "silent"; readonly pid: number; readonly port: number }
  /** `port`: of a server that has died without a word. One that was shut down leaves none. */
  | { readonly is: "none"; readonly port: number | undefined };

/** Bounded by `answerMs`. Throws what the server itself answers with, such as `unauthorized`. */
export async function findServer(home: Home, signal: AbortSignal, answerMs: number = ANSWER_MS): Promise<Found> {
  const file = readServerFile(home);
  if (file === null) return { is: "none", port: undefined };
  if (file.isEnding === true) {
    await untilGone(file, signal);
    return { is: "none", port: undefined };
  }
  if (!isProcessAlive(file)) return { is: "none", port: file.port };
  const rest = restFor(home, file.url, signal);
  try {
    return { is: "running", url: file.url, status: await rest.status({ signal: AbortSignal.timeout(answerMs) }), rest };
  } catch (error) {
    if (signal.aborted || !isSilence(error)) throw error;
    return isProcessAlive(file) ? { is: "silent", pid: file.pid, port: file.port } : { is: "none", port: file.port };
  }
}

/** A server closes within five seconds. */
async function untilGone(server: ProcessIdentity, signal: AbortSignal): Promise<void> {
  const bound = AbortSignal.any([signal, AbortSignal.timeout(ENDS_WITHIN_MS)]);
  while (isProcessAlive(server) && !bound.aborted) await setTimeout(LOOK_EVERY_MS, undefined, { signal: bound }).catch(() => undefined);
  signal.throwIfAborted();
}

/** The credential of the command line on this machine; empty before the first start. */
export function readToken(home: Home): string {
  try {
    return fs.readFileSync(home.cliToken, "utf8").trim();
  } catch {
    return ""; // the server makes it; without it the server says that there is no valid credential
  }
}

/** Calls to a server, each bounded and ended by the signal. */
export function restFor(home: Home, url: string, signal: AbortSignal): Rest {
  return createRest({
    baseUrl: url,
    headers: () => ({ Authorization: `Bearer ${readToken(home)}` }),
    fetch: (input, init) => fetchWithin(input, init, signal),
  });
}

/** The limit holds until the answer begins: its body may take as long as it keeps coming. */
async function fetchWithin(input: string | URL | Request, init: RequestInit | undefined, signal: AbortSignal): Promise<Response> {
  const limit = new AbortController();
  const timer = globalThis.setTimeout(
    () => limit.abort(new DOMException("The server did not answer in time.", "TimeoutError")),
    RESPONSE_MS,
  );
  const signals = [signal, limit.signal, ...(init?.signal ? [init.signal] : [])];
  try {
    return await fetch(input, { ...init, signal: AbortSignal.any(signals) });
  } finally {
    clearTimeout(timer);
  }
}

function isSilence(error: unknown): boolean {
  if (error instanceof PerdureError) return error.code === "server-unreachable";
  return error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
}
