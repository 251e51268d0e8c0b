/**
 * Requests to the server and what their answers mean (PROTOCOL §8, §9). Answers are parsed here, once; errors keep the server's
 * code and message.
 */
import { ErrorBody, isErrorCode, PerdureError } from "@perdure/protocol";
import { backOffMs } from "./back-off.ts";
import type { Clock } from "./clock.ts";
import type { Randomness } from "./randomness.ts";

export type HttpHeaders = Readonly<Record<string, string>>;

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** How long to wait for the answer (of a download: for its beginning). Default: 30 s, and what ending a program may take. */
  readonly timeoutMs?: number;
  /** Also sent to its end when the page that asks stops running meanwhile. For small bodies (64 KiB) alone. */
  readonly outlivesPage?: boolean;
}

/** `key`: repeating a call with the same key has no second effect. Default: a new one for each call. */
export interface CreateOptions extends CallOptions {
  readonly key?: string;
}

/** A body that is read while it comes. `cursor`: where the history stood at its end, if the server said so. */
export interface Download {
  readonly cursor: string | undefined;
  readonly body: ReadableStream<Uint8Array>;
  text(): Promise<string>;
}

/** What of a schema is needed to read an answer. */
interface Schema<T> {
  safeParse(value: unknown): { readonly success: true; readonly data: T } | { readonly success: false; readonly error: Error };
}

export interface HttpOptions {
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly headers: () => HttpHeaders;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

export interface Http {
  json<T>(schema: Schema<T>, method: string, path: string, body: unknown, options?: CallOptions): Promise<T>;
  done(method: string, path: string, body: unknown, options?: CallOptions, headers?: HttpHeaders): Promise<void>;
  createOnce<T>(schema: Schema<T>, path: string, body: unknown, options?: CreateOptions): Promise<T>;
  download(path: string, options?: CallOptions): Promise<Download>;
}

const ATTEMPTS = 4;
const TIMEOUT_MS = 30_000;

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers?: HttpHeaders | undefined;
  readonly outlivesPage?: boolean | undefined;
}

export function createHttp(options: HttpOptions): Http {
  const json = <T>(schema: Schema<T>, asked: Asked, call: CallOptions | undefined) =>
    within(options.clock, call, async (signal) => read(schema, await request(options, asked, signal)));
  return {
    json: (schema, method, path, body, call) => json(schema, { method, path, body }, call),
    done: async (method, path, body, call, headers) => {
      const response = await within(options.clock, call, (signal) =>
        request(options, { method, path, body, headers, outlivesPage: call?.outlivesPage }, signal),
      );
      await response.body?.cancel();
    },
    createOnce: (schema, path, body, call) => {
      const headers = { "Idempotency-Key": call?.key ?? options.randomness.id() };
      return retrying(options, call?.signal, () => json(schema, { method: "POST", path, body, headers }, call));
    },
    download: async (path, call) => {
      const asked: Asked = { method: "GET", path, body: undefined };
      const response = await within(options.clock, call, (signal) => request(options, asked, signal));
      return {
        cursor: response.headers.get("Perdure-Cursor") ?? undefined,
        body: response.body ?? new Blob().stream(),
        text: () => translated(call?.signal, () => response.text()),
      };
    },
  };
}

/** An answer below 400, or an error. */
async function request(options: HttpOptions, asked: Asked, signal: AbortSignal): Promise<Response> {
  const { method, path, body } = asked;
  const headers = { ...options.headers(), ...asked.headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
  const init: RequestInit = { method, headers, signal, body: body === undefined ? null : JSON.stringify(body) };
  if (asked.outlivesPage === true) init.keepalive = true;
  const response = await options.fetch(`${options.baseUrl}${path}`, init);
  if (!response.ok) throw await errorOf(response);
  return response;
}

/** Gives a call its deadline. The signal that it passes on stays valid for a body that is read later. */
async function within<T>(clock: Clock, call: CallOptions | undefined, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = new AbortController();
  const timer = clock.setTimeout(() => deadline.abort(), call?.timeoutMs ?? TIMEOUT_MS);
  const signal = call?.signal ? AbortSignal.any([call.signal, deadline.signal]) : deadline.signal;
  try {
    return await translated(call?.signal, () => run(signal));
  } finally {
    clock.clearTimeout(timer);
  }
}

/** What is neither the server's word nor the caller's wish is a failure of the network. */
async function translated<T>(asked: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (asked?.aborted || cause instanceof PerdureError) throw cause;
    throw new PerdureError("server-unreachable", undefined, { cause });
  }
}

async function read<T>(schema: Schema<T>, response: Response): Promise<T> {
  const parsed = schema.safeParse(parseJson(await response.text()));
  if (parsed.success) return parsed.data;
  throw new PerdureError("bad-message", "The server's answer could not be read; is it of another release?", { cause: parsed.error });
}

async function errorOf(response: Response): Promise<PerdureError> {
  const body = ErrorBody.safeParse(parseJson(await response.text()));
  if (!body.success) return strangeError(response);
  const { code, message, correlation } = body.data.error;
  return new PerdureError(isErrorCode(code) ? code : "internal", message, { cause: { code, correlation, status: response.status } });
}

/** Something between the client and the server has answered, or the server is of another kind. */
function strangeError(response: Response): PerdureError {
  const isGateway = [502, 503, 504].includes(response.status);
  return new PerdureError(isGateway ? "server-unreachable" : "internal", `The answer was "${response.status} ${response.statusText}".`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Asks again while the server cannot be reached, a bounded number of times. */
async function retrying<T>(options: HttpOptions, signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PerdureError) || error.code !== "server-unreachable" || failures + 1 >= ATTEMPTS) throw error;
    }
    await pause(options.clock, backOffMs(failures, options.randomness), signal);
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    function stop(): void {
      clock.clearTimeout(timer);
      reject(signal?.reason as Error);
    }
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
  });
}
