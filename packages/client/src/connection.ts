/**
 * The one connection of a page: opens the socket, says hello, notices when it is dead, and opens it again (PROTOCOL §2, §7).
 * Guarantees: the state is what is true now; every attempt has a deadline; nothing is tried after a final close code. A server
 * that is known to take it is told with the request itself what its client wants (§2.8).
 */
// oxlint-disable unicorn/prefer-add-event-listener -- the smallest interface that `WebSocket` and `ws` share has no listeners.
import {
  CLIENT_PROTOCOL,
  CLOSE,
  type ClientMessage,
  decodeServerFrame,
  EARLY_FRAMES,
  encodeControl,
  type ServerFrame,
  withEarlyFrames,
} from "@perdure/protocol";
import { backOffMs } from "./back-off.ts";
import type { ConnectionState } from "./client.ts";
import { type Clock, Timer } from "./clock.ts";
import { Heartbeat, PROBE_DEADLINE_MS } from "./heartbeat.ts";
import { Listeners } from "./listeners.ts";
import type { Randomness } from "./randomness.ts";
import { abandonSocket, type ClientSocket, type SocketClose, type SocketMessage } from "./socket.ts";
import type { Surroundings, SurroundingsEvent } from "./surroundings.ts";

/** A server that accepts and never answers (it is frozen) must not hold an attempt for ever. */
export const CONNECT_DEADLINE_MS = 10_000;
/** A connection that lived this long ends the row of failures. */
export const STABLE_MS = 10_000;
const NORMAL_CLOSE = 1000;
const NEVER_OPENED = 1006;

export interface ConnectionOptions {
  readonly url: () => string;
  readonly openSocket: (url: string) => ClientSocket;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly surroundings: Surroundings;
  readonly hello: ClientMessage;
}

/** Whom the connection serves. */
export interface ConnectionUser {
  /** Frames may be sent: they arrive if the server is reached. Every `lost` follows it, and it comes once before one. */
  connected(): void;
  frame(frame: ServerFrame): void;
  lost(lastHeardAt: number): void;
  problem(error: unknown): void;
}

type ClosedReason = Extract<ConnectionState, { is: "closed" }>["reason"];

/** What is said before the server's hello; `undefined`: nothing, this server may not take it. */
type Early = Uint8Array[] | undefined;

type Phase =
  /** The frames that go with the request are gathered. */
  | { readonly is: "gathering"; readonly early: Uint8Array[] }
  | {
      readonly is: "trying";
      readonly socket: ClientSocket;
      readonly since: number;
      readonly early: Early;
      isOpen: boolean;
      isWanted: boolean;
    }
  | { readonly is: "up"; readonly socket: ClientSocket; readonly since: number; readonly heartbeat: Heartbeat }
  | { readonly is: "waiting"; readonly until: number }
  | { readonly is: "closed"; readonly reason: ClosedReason };

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #user: ConnectionUser;
  readonly #timer: Timer;
  readonly #listeners = new Listeners();
  readonly #forgetSurroundings: () => void;
  #phase: Phase;
  #state: ConnectionState = { is: "connecting", attempt: 0 };
  #failures = 0;
  #isOffline: boolean;
  #isFrozen = false;
  /** This server takes frames with the request, as far as is known. */
  #takesEarly = false;

  constructor(options: ConnectionOptions, user: ConnectionUser) {
    this.#options = options;
    this.#user = user;
    this.#timer = new Timer(options.clock);
    this.#phase = { is: "waiting", until: options.clock.now() };
    this.#isOffline = !options.surroundings.isOnline();
    this.#forgetSurroundings = options.surroundings.subscribe((event) => this.#happened(event));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Would `send` send? */
  get isUp(): boolean {
    return hasUser(this.#phase);
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Sends a frame; `false` if there is no connection to send it on. */
  send(frame: Uint8Array): boolean {
    const phase = this.#phase;
    if (!hasUser(phase)) return false;
    if (phase.is === "up" || (phase.is === "trying" && phase.isOpen)) phase.socket.send(frame);
    else phase.early?.push(frame);
    return true;
  }

  /** Try at once: in the beginning, and when the user says so. Nothing but the user's own `close` stands against it. */
  retryNow(): void {
    const phase = this.#phase;
    if (phase.is === "closed" && phase.reason !== "asked") this.#try();
    else this.#wake();
  }

  /** Drops a connection on which the other end broke the protocol. */
  dropBroken(error: unknown): void {
    this.#user.problem(error);
    if (this.#phase.is === "up" || this.#phase.is === "trying") this.#lose(CLOSE.badMessage);
  }

  close(): void {
    if (this.#phase.is === "closed" && this.#phase.reason === "asked") return;
    this.#forgetSurroundings();
    this.#leave(NORMAL_CLOSE, () => this.#enter({ is: "closed", reason: "asked" }));
  }

  #happened(event: SurroundingsEvent): void {
    if (event === "freeze") this.#isFrozen = true;
    else if (event === "resume" || event === "pageshow" || event === "visible") this.#isFrozen = false;
    if (event === "pagehide" || event === "freeze") return this.#suspend();
    this.#isOffline = event === "offline" || (event !== "online" && this.#isOffline && !this.#options.surroundings.isOnline());
    this.#publish();
    // Its window may have the focus already: a socket that a frozen page opens dies when it thaws.
    if (this.#isFrozen) return;
    if (event === "offline") this.#probe();
    else this.#wake();
  }

  /** Somebody is back: a waiting connection tries, one that is up is asked, an attempt from before is begun anew. */
  #wake(): void {
    const phase = this.#phase;
    if (phase.is === "waiting") this.#try();
    else if (phase.is === "up") phase.heartbeat.probe();
    else if (phase.is === "trying" && this.#options.clock.now() - phase.since >= PROBE_DEADLINE_MS)
      this.#leave(NORMAL_CLOSE, () => this.#try());
    else if (phase.is === "trying") phase.isWanted = true;
  }

  /** "No network" is not true of a server on the same machine, so the connection is asked, not dropped. */
  #probe(): void {
    if (this.#phase.is === "up") this.#phase.heartbeat.probe();
  }

  /** The page stops running: its socket would not survive, and the server had better know. */
  #suspend(): void {
    if (this.#phase.is === "up" || this.#phase.is === "trying") this.#leave(NORMAL_CLOSE, () => this.#wait());
  }

  #try(): void {
    const { clock, openSocket, url } = this.#options;
    this.#timer.stop();
    try {
      const gathered = this.#gather();
      const { url: address, taken } = withEarlyFrames(url(), gathered ?? []);
      const socket = openSocket(address);
      this.#phase = { is: "trying", socket, since: clock.now(), early: gathered?.slice(taken), isOpen: false, isWanted: false };
      this.#listen(socket);
    } catch (error) {
      this.#user.problem(error);
      this.#lose(NEVER_OPENED);
      return;
    }
    this.#timer.start(CONNECT_DEADLINE_MS, () => this.#lose(CLOSE.silent));
    this.#publish();
  }

  /** Hello, and what the user says as soon as it is connected. */
  #gather(): Early {
    if (!this.#takesEarly) return undefined;
    const early = [encodeControl(this.#options.hello)];
    this.#phase = { is: "gathering", early };
    this.#user.connected();
    return early;
  }

  #opened(): void {
    const phase = this.#phase;
    if (phase.is !== "trying") return;
    phase.isOpen = true;
    for (const frame of phase.early ?? [encodeControl(this.#options.hello)]) phase.socket.send(frame);
  }

  #listen(socket: ClientSocket): void {
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened();
    socket.onmessage = (event: SocketMessage) => this.#received(event.data);
    socket.onclose = (event: SocketClose) => this.#lose(event.code);
    // A close event follows every error.
    socket.onerror = () => undefined;
  }

  #received(data: unknown): void {
    let frame: ServerFrame;
    try {
      frame = decodeServerFrame(bytesOf(data));
    } catch (error) {
      this.dropBroken(error);
      return;
    }
    const phase = this.#phase;
    if (phase.is === "up") this.#take(phase, frame);
    else if (phase.is === "trying") this.#greeted(phase, frame);
  }

  #greeted({ socket, early }: Extract<Phase, { is: "trying" }>, frame: ServerFrame): void {
    if (frame.is !== "control") return;
    if (frame.message.type === "error") this.#user.frame(frame);
    if (frame.message.type !== "hello") return;
    if (frame.message.protocol !== CLIENT_PROTOCOL) return this.#lose(CLOSE.wrongProtocol);
    this.#timer.stop();
    const { clock } = this.#options;
    const heartbeat = new Heartbeat(
      clock,
      (id) => socket.send(encodeControl({ type: "ping", id })),
      (isUrgent) => this.#lose(CLOSE.silent, isUrgent),
    );
    const phase: Phase = { is: "up", socket, since: clock.now(), heartbeat };
    this.#takesEarly = frame.message.features.includes(EARLY_FRAMES);
    this.#enter(phase);
    if (this.#phase === phase && !early) this.#user.connected();
  }

  #take(phase: Extract<Phase, { is: "up" }>, frame: ServerFrame): void {
    phase.heartbeat.heard();
    if (frame.is === "control" && frame.message.type === "ping") phase.socket.send(encodeControl({ type: "pong", id: frame.message.id }));
    else if (frame.is === "control" && frame.message.type === "pong") phase.heartbeat.answered(frame.message.id);
    else this.#user.frame(frame);
  }

  /** The connection, or the attempt, is over. `code` is the other end's, or our own verdict. */
  #lose(code: number, isUrgent = this.#phase.is === "trying" && this.#phase.isWanted): void {
    const phase = this.#phase;
    const { clock } = this.#options;
    if (phase.is === "up" && clock.now() - phase.since >= STABLE_MS) this.#failures = 0;
    this.#failures += 1;
    // One that took the request and has no hello for it may be another, that does not know of such frames.
    if (phase.is === "trying" && phase.isOpen) this.#takesEarly = false;
    const reason = finalReason(code);
    this.#leave(code >= 4000 ? code : NORMAL_CLOSE, () => {
      if (reason) this.#enter({ is: "closed", reason });
      else if (isUrgent) this.#try();
      else this.#wait();
    });
  }

  /** Gives up the socket, tells the user, then goes on with `next`: a new attempt must not overtake the news of the loss. */
  #leave(code: number, next: () => void): void {
    const phase = this.#phase;
    this.#timer.stop();
    this.#phase = { is: "waiting", until: this.#options.clock.now() };
    if (phase.is === "up" || phase.is === "trying") abandonSocket(phase.socket, code);
    if (phase.is === "up") phase.heartbeat.stop();
    if (hasUser(phase)) this.#user.lost(phase.is === "up" ? phase.heartbeat.lastHeardAt : this.#options.clock.now());
    next();
  }

  #wait(): void {
    const { clock, randomness } = this.#options;
    const delayMs = backOffMs(Math.max(0, this.#failures - 1), randomness);
    this.#timer.start(delayMs, () => this.#try());
    this.#enter({ is: "waiting", until: clock.now() + delayMs });
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#publish();
  }

  #publish(): void {
    const next = describe(this.#phase, this.#failures, this.#isOffline);
    if (JSON.stringify(next) === JSON.stringify(this.#state)) return;
    this.#state = next;
    this.#listeners.notify();
  }
}

/** The user has been told that it is connected. */
function hasUser(phase: Phase): phase is Extract<Phase, { is: "up" | "trying" | "gathering" }> {
  return phase.is === "up" || phase.is === "gathering" || (phase.is === "trying" && phase.early !== undefined);
}

function describe(phase: Phase, attempt: number, isOffline: boolean): ConnectionState {
  if (phase.is === "closed") return { is: "closed", reason: phase.reason };
  if (phase.is === "up") return { is: "connected", since: phase.since };
  if (isOffline) return { is: "offline", attempt };
  return phase.is !== "waiting" ? { is: "connecting", attempt } : { is: "waiting", until: phase.until, attempt };
}

function finalReason(code: number): ClosedReason | undefined {
  if (code === CLOSE.unauthorized) return "unauthorized";
  return code === CLOSE.wrongProtocol ? "wrong-protocol" : undefined;
}

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  return typeof data === "string" ? new Uint8Array() : new Uint8Array(data as ArrayBuffer);
}
