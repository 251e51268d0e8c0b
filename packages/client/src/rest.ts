/**
 * The HTTP interface in typed functions (PROTOCOL §9). Every failure is a `PerdureError`: with the server's own code and
 * message, or `server-unreachable`.
 */
import {
  CommandPage,
  type CreateSession,
  type DeviceInfo,
  DeviceList,
  type EndSession,
  HistoryLines,
  type Pair,
  Paired,
  PairingCode,
  SearchAnswer,
  SessionInfo,
  SessionList,
  type StartRun,
  Status,
} from "@perdure/protocol";
import { type ChatCalls, chatCalls } from "./chat/chat-calls.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type CallOptions, createHttp, type CreateOptions, type Download, type Http, type HttpHeaders } from "./http.ts";
import { type Randomness, systemRandomness } from "./randomness.ts";

export interface RestOptions {
  /** Where the server is, without a slash at the end; empty in its own pages. */
  readonly baseUrl: string;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** Sent with every request, such as `Authorization`; asked before each. */
  readonly headers?: () => HttpHeaders;
  readonly clock?: Clock;
  readonly random?: Randomness;
}

/** Which commands: those before an offset, at most so many (default 50, up to 200). */
export interface CommandsAsked {
  readonly before?: number;
  readonly limit?: number;
}

export interface Rest extends ChatCalls {
  list(options?: CallOptions): Promise<readonly SessionInfo[]>;
  /** Tried up to four times with one key when the network fails, so a session is never made twice. */
  create(request: CreateSession, options?: CreateOptions): Promise<SessionInfo>;
  get(session: string, options?: CallOptions): Promise<SessionInfo>;
  rename(session: string, name: string, options?: CallOptions): Promise<SessionInfo>;
  /** Ends the living run and returns when nothing of it is left. */
  end(session: string, request?: EndSession, options?: CallOptions): Promise<SessionInfo>;
  /** Ends and deletes. */
  delete(session: string, options?: CallOptions): Promise<void>;
  /** A new run in the same session; retried like `create`. */
  startRun(session: string, request: StartRun, options?: CreateOptions): Promise<SessionInfo>;
  history(session: string, format: "raw" | "text", from?: string, options?: CallOptions): Promise<Download>;
  export(session: string, format: "asciicast" | "text" | "raw", options?: CallOptions): Promise<Download>;
  screen(session: string, format: "text" | "ansi", options?: CallOptions): Promise<string>;
  /** Lines of the history from a number on: fewer than asked for where a page ends, none behind the last. */
  lines(session: string, from: number, count: number, options?: CallOptions): Promise<HistoryLines>;
  /** Lines that hold a text, newest first, before a number; the answer says where to go on. */
  search(session: string, query: string, before?: number, options?: CallOptions): Promise<SearchAnswer>;
  /** Commands of the shell, newest first, before an offset. */
  commands(session: string, page?: CommandsAsked, options?: CallOptions): Promise<CommandPage>;
  status(options?: CallOptions): Promise<Status>;
  devices(options?: CallOptions): Promise<readonly DeviceInfo[]>;
  revoke(device: string, options?: CallOptions): Promise<void>;
  pairingCode(options?: CallOptions): Promise<PairingCode>;
  pair(request: Pair, options?: CallOptions): Promise<Paired>;
  /** Sets the page's cookie again from a kept token. */
  signIn(token: string, options?: CallOptions): Promise<void>;
  /** `all`: the programs end too. Otherwise they go on without a server. */
  shutdown(request?: { readonly all?: boolean }, options?: CallOptions): Promise<void>;
}

export function createRest(options: RestOptions): Rest {
  const http = createHttp({
    baseUrl: options.baseUrl,
    // A browser's `fetch` must be called as a function of its window.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    headers: options.headers ?? (() => ({})),
    clock: options.clock ?? systemClock,
    randomness: options.random ?? systemRandomness,
  });
  return { ...sessionCalls(http), ...chatCalls(http), ...serverCalls(http) };
}

const END_MS = 90_000;

type SessionCalls = Pick<
  Rest,
  "list" | "create" | "get" | "rename" | "end" | "delete" | "startRun" | "history" | "export" | "screen" | "lines" | "search" | "commands"
>;

function sessionCalls(http: Http): SessionCalls {
  return {
    list: async (options) => (await http.json(SessionList, "GET", "/api/sessions", undefined, options)).sessions,
    create: (request, options) => http.createOnce(SessionInfo, "/api/sessions", request, options),
    get: (session, options) => http.json(SessionInfo, "GET", path(session), undefined, options),
    rename: (session, name, options) => http.json(SessionInfo, "PATCH", path(session), { name }, options),
    end: (session, request, options) =>
      http.json(SessionInfo, "POST", path(session, "/end"), request ?? {}, { timeoutMs: END_MS, ...options }),
    delete: (session, options) => http.done("DELETE", path(session), undefined, { timeoutMs: END_MS, ...options }),
    startRun: (session, request, options) => http.createOnce(SessionInfo, path(session, "/runs"), request, options),
    history: (session, format, from, options) => {
      const query = new URLSearchParams(from === undefined ? { format } : { format, from });
      return http.download(path(session, `/history?${query}`), options);
    },
    export: (session, format, options) => http.download(path(session, `/export?format=${format}`), options),
    screen: async (session, format, options) => (await http.download(path(session, `/screen?format=${format}`), options)).text(),
    lines: (session, from, count, options) =>
      http.json(HistoryLines, "GET", path(session, `/lines?from=${from}&count=${count}`), undefined, options),
    search: (session, query, before, options) => {
      const asked = new URLSearchParams({ q: query, ...(before === undefined ? {} : { before: String(before) }) });
      return http.json(SearchAnswer, "GET", path(session, `/search?${asked}`), undefined, options);
    },
    commands: (session, page = {}, options) => {
      const asked = new URLSearchParams(Object.entries(page).map(([name, value]) => [name, String(value)]));
      return http.json(CommandPage, "GET", path(session, `/commands?${asked}`), undefined, options);
    },
  };
}

function path(session: string, rest = ""): string {
  return `/api/sessions/${encodeURIComponent(session)}${rest}`;
}

type ServerCalls = Omit<Rest, keyof SessionCalls | keyof ChatCalls>;

function serverCalls(http: Http): ServerCalls {
  return {
    status: (options) => http.json(Status, "GET", "/api/status", undefined, options),
    devices: async (options) => (await http.json(DeviceList, "GET", "/api/devices", undefined, options)).devices,
    revoke: (device, options) => http.done("DELETE", `/api/devices/${encodeURIComponent(device)}`, undefined, options),
    pairingCode: (options) => http.json(PairingCode, "POST", "/api/pairing-codes", {}, options),
    pair: (request, options) => http.json(Paired, "POST", "/api/pair", request, options),
    signIn: (token, options) => http.done("POST", "/api/signin", {}, options, { Authorization: `Bearer ${token}` }),
    shutdown: (request, options) => http.done("POST", "/api/shutdown", request ?? {}, { timeoutMs: END_MS, ...options }),
  };
}
