// The HTTP interface as a script uses it: with a bearer, an answer either parsed or as it came.

import { randomUUID } from "node:crypto";
import {
  DeviceList,
  type DeviceInfo,
  ErrorBody,
  PairingCode,
  SessionInfo,
  SessionList,
  Status,
  type CreateSession,
  type StartRun,
} from "@perdure/protocol";
import { until } from "./until.ts";

const requestTimeoutMs = 30_000;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** An answer with a status of 400 and above. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(`${status} ${code}: ${message}`);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

export interface RequestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** `null`: no credential. */
  readonly token?: string | null;
}

export class Api {
  readonly #url: string;
  readonly #token: string;
  readonly #onSession: (id: string) => void;

  constructor(url: string, token: string, onSession: (id: string) => void = () => undefined) {
    this.#url = url;
    this.#token = token;
    this.#onSession = onSession;
  }

  /** The answer as it came, whatever its status. */
  async send(method: string, path: string, { body, headers = {}, token = this.#token }: RequestOptions = {}): Promise<Answer> {
    const response = await fetch(new URL(path, this.#url), {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  async status(): Promise<Status> {
    return Status.parse(await this.#json("GET", "/api/status"));
  }

  async sessions(): Promise<readonly SessionInfo[]> {
    const { sessions } = SessionList.parse(await this.#json("GET", "/api/sessions"));
    for (const { id } of sessions) this.#onSession(id);
    return sessions;
  }

  async session(id: string): Promise<SessionInfo> {
    return this.#session("GET", `/api/sessions/${id}`);
  }

  /** Creates a session; the same key twice makes one. */
  async create(body: CreateSession, key: string = randomUUID()): Promise<SessionInfo> {
    return this.#session("POST", "/api/sessions", { body, headers: { "idempotency-key": key } });
  }

  async startRun(id: string, body: StartRun = {}, key: string = randomUUID()): Promise<SessionInfo> {
    return this.#session("POST", `/api/sessions/${id}/runs`, { body, headers: { "idempotency-key": key } });
  }

  async end(id: string, graceMs?: number): Promise<void> {
    await this.#json("POST", `/api/sessions/${id}/end`, { body: graceMs === undefined ? {} : { graceMs } });
  }

  async delete(id: string): Promise<void> {
    await this.#json("DELETE", `/api/sessions/${id}`);
  }

  /** Resolves when the session's run is in this state. */
  async untilRun(id: string, is: SessionInfo["run"]["state"]["is"], timeoutMs = 20_000): Promise<SessionInfo> {
    let last: SessionInfo | undefined;
    return until(
      `run of ${id} ${is}`,
      async () => {
        last = await this.session(id);
        return last.run.state.is === is ? last : undefined;
      },
      { timeoutMs, everyMs: 40, report: () => JSON.stringify(last?.run) },
    );
  }

  async pairingCode(): Promise<string> {
    return PairingCode.parse(await this.#json("POST", "/api/pairing-codes", { body: {} })).code;
  }

  async devices(): Promise<readonly DeviceInfo[]> {
    return DeviceList.parse(await this.#json("GET", "/api/devices")).devices;
  }

  async revoke(device: string): Promise<void> {
    await this.#json("DELETE", `/api/devices/${device}`);
  }

  async #session(method: string, path: string, options?: RequestOptions): Promise<SessionInfo> {
    const info = SessionInfo.parse(await this.#json(method, path, options));
    this.#onSession(info.id);
    return info;
  }

  async #json(method: string, path: string, options?: RequestOptions): Promise<unknown> {
    const answer = await this.send(method, path, options);
    if (answer.status >= 400) {
      const { error } = parseError(answer);
      throw new ApiError(answer.status, error.code, error.message);
    }
    return answer.text === "" ? undefined : JSON.parse(answer.text);
  }
}

/** The body of a refusal; throws if it is not the one that the protocol describes. */
export function parseError(answer: Answer): ErrorBody {
  try {
    return ErrorBody.parse(JSON.parse(answer.text));
  } catch (cause) {
    throw new Error(`status ${answer.status} without an error body: ${answer.text.slice(0, 300)}`, { cause });
  }
}
