/**
 * JSON-RPC as agents speak it over lines: one message a line. Pure: what waits for an answer is plain data in the driver's state,
 * and the id of a request is `p<n>`, its number in the ledger of sends, so that a server that starts anew understands the answers
 * to what the one before it asked.
 */
import type { DriverSend } from "./driver.ts";

/** `bare`: without the `jsonrpc` field. */
export type RpcDialect = "2.0" | "bare";

/** The other side's ids are kept as they are, and given back as they came. */
export type RpcId = string | number;

export type RpcMessage =
  | { readonly is: "request"; readonly id: RpcId; readonly method: string; readonly params: unknown }
  | { readonly is: "notification"; readonly method: string; readonly params: unknown }
  | { readonly is: "result"; readonly id: RpcId; readonly result: unknown }
  /** `id` is `null` where the other side could not read which request it was. */
  | { readonly is: "error"; readonly id: RpcId | null; readonly error: RpcError };

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** Codes of the specification that we answer with. */
export const METHOD_NOT_FOUND = -32601;
export const INTERNAL_ERROR = -32603;

/** A request of ours that has no answer yet. A driver adds what it needs to understand the answer. */
export interface PendingRequest {
  readonly id: string;
  readonly method: string;
}

/** What is asked and never answered must not grow for ever: the oldest are forgotten, their answers passed over. */
export const MAX_PENDING_REQUESTS = 1000;

/** `null`: the line is no message. */
export function parseRpc(text: string): RpcMessage | null {
  const message = parseObject(text);
  if (message === null) return null;
  const { id, method, params } = message;
  if (typeof method === "string") {
    if (isRpcId(id)) return { is: "request", id, method, params };
    return id === undefined || id === null ? { is: "notification", method, params } : null;
  }
  if (isObject(message.error)) return { is: "error", id: isRpcId(id) ? id : null, error: parseError(message.error) };
  return isRpcId(id) && "result" in message ? { is: "result", id, result: message.result } : null;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function parseError({ code, message, data }: Record<string, unknown>): RpcError {
  return {
    code: typeof code === "number" ? code : 0,
    message: typeof message === "string" && message.trim() !== "" ? message : "The agent gave no reason.",
    ...(data === undefined ? {} : { data }),
  };
}

function isRpcId(value: unknown): value is RpcId {
  return typeof value === "string" || typeof value === "number";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * What one step says to the program. Begun from the driver's state, it counts on from `sent`; when the step is done its `sent` and
 * `pending` go back into the state and its `sends` into the answer.
 */
export class RpcWriter<Pending extends PendingRequest = PendingRequest> {
  readonly sends: DriverSend[] = [];
  readonly #dialect: RpcDialect;
  #sent: number;
  #pending: readonly Pending[];

  constructor(dialect: RpcDialect, state: { readonly sent: number; readonly pending: readonly Pending[] }) {
    this.#dialect = dialect;
    this.#sent = state.sent;
    this.#pending = state.pending;
  }

  get sent(): number {
    return this.#sent;
  }

  get pending(): readonly Pending[] {
    return this.#pending;
  }

  /** Asks, and keeps what `details` says until the answer. Gives the id. */
  request(method: string, params: unknown, cause: string, details: Omit<Pending, keyof PendingRequest>): string {
    const id = `p${this.#sent + 1}`;
    this.#send({ id, method, params }, cause);
    // Together the two types are `Pending`, which the compiler cannot see of a type parameter.
    const pending = { ...details, id, method } as unknown as Pending;
    this.#pending = [...this.#pending, pending].slice(-MAX_PENDING_REQUESTS);
    return id;
  }

  notify(method: string, params: unknown, cause: string): void {
    this.#send({ method, ...(params === undefined ? {} : { params }) }, cause);
  }

  /** Answers a request of the program. */
  answer(id: RpcId, result: unknown, cause: string): void {
    this.#send({ id, result: result ?? null }, cause);
  }

  /** Answers a request of the program with an error. */
  refuse(id: RpcId, error: RpcError, cause: string): void {
    this.#send({ id, error }, cause);
  }

  /** The request that this is the answer to, which waits no longer; `null` if we do not know it. */
  take(id: RpcId | null): Pending | null {
    const found = this.#pending.find((one) => one.id === id);
    if (!found) return null;
    this.#pending = this.#pending.filter((one) => one !== found);
    return found;
  }

  #send(message: object, cause: string): void {
    this.#sent += 1;
    const text = JSON.stringify(this.#dialect === "2.0" ? { jsonrpc: "2.0", ...message } : message);
    this.sends.push({ text, cause });
  }
}
