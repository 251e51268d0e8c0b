/**
 * JSON-RPC as agents speak it over lines: one message a line. Pure: what waits for an answer is plain data in the driver's state,
 * and the id of a request is `p<n>`, its number in the ledger of sends, so that a server that starts anew understands the answers
 * to what the one before it asked.
 */
import type { DriverSend } from "./driver.ts";
import { type JsonObject, readJsonLine } from "./json-line.ts";

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

export interface RpcLine {
  readonly messages: readonly RpcMessage[];
  /** There is nothing else in the line that a person could miss. */
  readonly isClean: boolean;
}

/** The messages of a line: one, as a rule. */
export function parseRpcLine(text: string): RpcLine {
  const { objects, isClean } = readJsonLine(text);
  const messages = objects.map(messageOf);
  return { messages: messages.filter((message) => message !== null), isClean: isClean && !messages.includes(null) };
}

/** `null`: it is no message. */
function messageOf(message: JsonObject): RpcMessage | null {
  const { id, method, params, error } = message;
  if (typeof method === "string") {
    if (isRpcId(id)) return { is: "request", id, method, params };
    return id === undefined || id === null ? { is: "notification", method, params } : null;
  }
  // Some write an error as its words alone, and some both fields, of which one is null.
  const hasError = error !== undefined && error !== null && error !== false;
  if (hasError) return { is: "error", id: isRpcId(id) ? id : null, error: parseError(error) };
  return isRpcId(id) && "result" in message ? { is: "result", id, result: message["result"] } : null;
}

function parseError(error: unknown): RpcError {
  const { code, message, data } = isObject(error) ? error : { message: error };
  return {
    code: Number(code) || 0,
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

  /**
   * The request that this is the answer to, which waits no longer; `null` if we do not know it. An error without an id is about a
   * request that the other side could not read: that is known where only one waits.
   */
  take(id: RpcId | null): Pending | null {
    const [only, ...others] = this.#pending;
    const found = id === null ? (others.length === 0 ? only : undefined) : this.#pending.find((one) => one.id === id);
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
