/**
 * A server in memory that does what PROTOCOL §6 says, in small steps that a test chooses: frames wait on both ways, so that a
 * cut loses what is under way. It keeps one session with its log, and applies input by the number rule.
 */
import {
  type ClientFrame,
  encodeControl,
  encodeInputAck,
  encodeOutput,
  encodeSnapshot,
  formatCursor,
  parseCursor,
} from "@perdure/protocol";
import { bytes } from "./client-bench.ts";
import { FakeNetwork, type FakeSocket, SERVER_HELLO } from "./fake-network.ts";
import { sessionInfo } from "./fake-session.ts";

type AttachMessage = Extract<Extract<ClientFrame, { is: "control" }>["message"], { type: "attach" }>;
type InputFrame = Extract<ClientFrame, { is: "input" }>;

interface Viewing {
  readonly channel: number;
  sent: number;
}

export class ModelServer {
  readonly network: FakeNetwork = new FakeNetwork();
  log = "";
  /** What reached each run's program, by the run's number. */
  readonly applied = new Map<number, string>();
  run = 1;
  isHostThere = true;
  /** The next attach is answered with a snapshot, though the bytes could be had. */
  prefersSnapshot = false;
  /** The next attach is answered with so many bytes that the viewer already has. */
  overlap = 0;
  readonly #taken = new Map<string, number>();
  #socket: FakeSocket | undefined;
  #up: ClientFrame[] = [];
  #down: Uint8Array[] = [];
  #viewing: Viewing | undefined;

  constructor() {
    this.network.onSocket = (socket) => {
      socket.answer = (frame) => {
        if (socket === this.#socket) this.#up.push(frame);
      };
    };
  }

  /** Accepts the newest attempt, unless it is accepted or was given up. */
  accept(): void {
    const socket = this.network.last;
    if (socket === this.#socket || socket.closedBy !== undefined) return;
    this.#forgetConnection();
    this.#socket = socket;
    socket.open();
    // Each third time it is one that takes no frames with the request.
    const features = this.network.sockets.length % 3 === 0 ? [] : SERVER_HELLO.features;
    this.#down.push(encodeControl({ ...SERVER_HELLO, features }));
  }

  /** So many frames arrive at the server, and are handled. */
  receive(count: number): void {
    for (const frame of this.#up.splice(0, count)) this.#handle(frame);
  }

  /** So many frames arrive at the client. */
  deliver(count: number): void {
    const socket = this.#socket;
    for (const frame of this.#down.splice(0, count)) {
      if (socket && socket.closedBy === undefined) socket.deliver(frame);
    }
  }

  /** The program prints. */
  print(text: string): void {
    this.log += text;
  }

  /** The viewer is sent the next so many bytes. */
  flow(count: number): void {
    const viewing = this.#viewing;
    if (!viewing) return;
    const text = this.log.slice(viewing.sent, viewing.sent + count);
    if (text === "") return;
    this.#down.push(encodeOutput(viewing.channel, viewing.sent, [bytes(text)]));
    viewing.sent += text.length;
  }

  /** The viewer is shown the present, as one who lagged. */
  snapshot(): void {
    if (this.#viewing) this.#sendSnapshot(this.#viewing);
  }

  /** The connection breaks, with all that is under way. */
  cut(): void {
    const socket = this.#socket;
    this.#forgetConnection();
    if (socket && socket.closedBy === undefined) socket.break();
  }

  /** The program ends and another one is started in the session. */
  nextRun(): void {
    this.run += 1;
  }

  /** Nothing is under way, and who is served can hear. */
  get isQuiet(): boolean {
    const isHeard = this.#socket !== undefined && !this.#socket.isStalled && this.#socket.closedBy === undefined;
    return isHeard && this.#up.length === 0 && this.#down.length === 0 && this.#viewing?.sent === this.log.length;
  }

  #forgetConnection(): void {
    this.#socket = undefined;
    this.#viewing = undefined;
    this.#up = [];
    this.#down = [];
  }

  #handle(frame: ClientFrame): void {
    if (frame.is === "input") this.#input(frame);
    else if (frame.is === "control" && frame.message.type === "attach") this.#attach(frame.message);
    else if (frame.is === "control" && frame.message.type === "ping")
      this.#down.push(encodeControl({ type: "pong", id: frame.message.id }));
  }

  #attach({ channel, cursor, mode }: AttachMessage): void {
    const place = cursor === undefined ? undefined : parseCursor(cursor);
    const session = sessionInfo({ run: this.run, tail: this.log.length });
    const needsSnapshot = mode === "screen" && (!place || this.prefersSnapshot);
    const start = needsSnapshot ? this.log.length : Math.max(0, (place?.offset ?? 0) - this.overlap);
    const how = place ? (needsSnapshot ? "behind" : "tail") : "first";
    this.#viewing = { channel, sent: start };
    this.#down.push(encodeControl({ type: "attached", channel, how, cursor: formatCursor({ incarnation: 1, offset: start }), session }));
    if (needsSnapshot) this.#sendSnapshot(this.#viewing);
    this.prefersSnapshot = false;
    this.overlap = 0;
  }

  #sendSnapshot(viewing: Viewing): void {
    viewing.sent = this.log.length;
    this.#down.push(encodeSnapshot({ channel: viewing.channel, offset: viewing.sent, cols: 80, rows: 24, data: bytes(this.log) }));
  }

  #input({ channel, run, writer, seq, data }: InputFrame): void {
    const taken = this.#taken.get(`${run} ${writer}`) ?? 0;
    const refuse = (reason: "run-ended" | "gap" | "host-unavailable", expected?: number) =>
      this.#down.push(
        encodeControl({ type: "input-refused", channel, run, writer, seq, reason, ...(expected === undefined ? {} : { expected }) }),
      );
    if (seq <= taken) this.#down.push(encodeInputAck({ channel, run, writer, seq }));
    else if (run !== this.run) refuse("run-ended");
    else if (!this.isHostThere) refuse("host-unavailable");
    else if (seq > taken + 1) refuse("gap", taken + 1);
    else {
      this.#taken.set(`${run} ${writer}`, seq);
      this.applied.set(run, (this.applied.get(run) ?? "") + new TextDecoder("latin1").decode(data));
      this.#down.push(encodeInputAck({ channel, run, writer, seq }));
    }
  }
}
