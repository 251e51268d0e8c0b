/** A client with a fake clock, network and surroundings, and the steps that many situations share. */
import { encodeOutput, encodeSnapshot, formatCursor, type SessionInfo } from "@perdure/protocol";
import type { Attachment, AttachOptions, Client } from "../client.ts";
import { createClient } from "../create-client.ts";
import type { PendingInput } from "../pending-input.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeNetwork, type FakeSocket } from "./fake-network.ts";
import { sessionInfo } from "./fake-session.ts";
import { FakeSurroundings } from "./fake-surroundings.ts";
import { RecordingViewer } from "./recording-viewer.ts";

export interface BenchOptions {
  readonly fraction?: () => number;
  readonly surroundings?: FakeSurroundings;
  readonly pendingInput?: PendingInput;
  readonly network?: FakeNetwork;
  readonly clock?: FakeClock;
  readonly name?: string;
}

export interface ClientBench {
  readonly client: Client;
  readonly clock: FakeClock;
  readonly network: FakeNetwork;
  readonly surroundings: FakeSurroundings;
  readonly problems: unknown[];
}

export function clientBench(options: BenchOptions = {}): ClientBench {
  const { clock = new FakeClock(), network = new FakeNetwork(), surroundings = new FakeSurroundings(), name = "page" } = options;
  const problems: unknown[] = [];
  let ids = 0;
  const client = createClient({
    url: () => "ws://localhost/api/socket",
    openSocket: network.openSocket,
    client: { kind: "library", name: "test", version: "0" },
    clock,
    random: { fraction: options.fraction ?? (() => 0.5), id: () => `${name}-${++ids}` },
    surroundings,
    ...(options.pendingInput ? { pendingInput: options.pendingInput } : {}),
    onProblem: (error) => problems.push(error),
  });
  return { client, clock, network, surroundings, problems };
}

export interface View {
  readonly viewer: RecordingViewer;
  readonly attachment: Attachment;
}

export function view(client: Client, options: Partial<AttachOptions> & { readonly viewer?: RecordingViewer } = {}): View {
  const viewer = options.viewer ?? new RecordingViewer();
  return { viewer, attachment: client.attach({ session: "s1", mode: "screen", visible: true, ...options, viewer }) };
}

/** Lets promises settle, as often as it takes for a store in memory. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The channel of the newest attach on a socket. */
export function channelOf(socket: FakeSocket): number {
  return socket.sent("attach").at(-1)?.channel ?? -1;
}

export function attachWithSnapshot(socket: FakeSocket, offset: number, text: string, session: SessionInfo = sessionInfo()): void {
  const channel = channelOf(socket);
  socket.control({ type: "attached", channel, how: "first", cursor: formatCursor({ incarnation: 1, offset }), session });
  socket.deliver(encodeSnapshot({ channel, offset, cols: 80, rows: 24, data: bytes(text) }));
}

export function attachAtTail(socket: FakeSocket, offset: number, session: SessionInfo = sessionInfo()): void {
  socket.control({ type: "attached", channel: channelOf(socket), how: "tail", cursor: formatCursor({ incarnation: 1, offset }), session });
}

export function output(socket: FakeSocket, offset: number, text: string): void {
  socket.deliver(encodeOutput(channelOf(socket), offset, [bytes(text)]));
}

/** Input frames that the server has got, as `writer/run/seq:text`. */
export function inputs(socket: FakeSocket): string[] {
  return socket.received.flatMap((frame) =>
    frame.is === "input" ? [`${frame.writer}/${frame.run}/${frame.seq}:${new TextDecoder("latin1").decode(frame.data)}`] : [],
  );
}
