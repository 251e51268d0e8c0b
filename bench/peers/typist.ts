// One who types: keys with the pauses of a quick typist, and how long each takes to come back. In a process of its own that does nothing
// else: a garbage collection of the benchmark's own heap would be counted as a delay of the terminal.
//
//   typist.ts     is told orders (see below) and answers each: "open", the milliseconds of each key, or "closed"

import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { Random } from "../../test/harness/random.ts";
import { RawConnection } from "../../test/harness/raw-connection.ts";
import { within } from "../../test/harness/until.ts";

export type Place =
  | { readonly is: "perdure"; readonly url: string; readonly token: string; readonly session: string }
  | { readonly is: "bare"; readonly url: string };

/** `line`: a name for a connection, one of many. */
export type Order =
  | { readonly do: "open"; readonly line: string; readonly place: Place }
  | { readonly do: "type"; readonly line: string; readonly keys: number; readonly seed: number }
  | { readonly do: "close"; readonly line: string };

interface Line {
  type(key: string): void;
  heard: (data: Uint8Array) => void;
  close(): void;
}

const lines = new Map<string, Line>();

async function follow(order: Order): Promise<unknown> {
  if (order.do === "open") {
    lines.set(order.line, await (order.place.is === "bare" ? openBare(order.place.url) : openPerdure(order.place)));
    return "open";
  }
  const line = lines.get(order.line);
  if (!line) throw new Error(`no line ${order.line} is open`);
  if (order.do === "type") return typeKeys(line, order.keys, order.seed);
  line.close();
  lines.delete(order.line);
  return "closed";
}

async function typeKeys(line: Line, keys: number, seed: number): Promise<number[]> {
  const random = new Random(seed);
  const times: number[] = [];
  for (let count = 0; count < keys; count += 1) {
    await delay(random.between(15, 25));
    const key = String.fromCharCode(random.between(97, 122));
    const { promise, resolve } = Promise.withResolvers<void>();
    line.heard = (data) => {
      if (data.includes(key.charCodeAt(0))) resolve();
    };
    const startedMs = performance.now();
    line.type(key);
    await within(20_000, "the echo of a key", promise);
    times.push(performance.now() - startedMs);
  }
  return times;
}

async function openPerdure({ url, token, session }: Extract<Place, { is: "perdure" }>): Promise<Line> {
  const connection = await RawConnection.greet(url, { token });
  const ready = connection.untilFrame(
    "the program's first word",
    (frame) => (frame.is === "output" || frame.is === "snapshot") && frame.data.length > 0,
  );
  connection.attach(session, { mode: "screen" });
  await ready;
  let seq = 0;
  const writer = `typist-${Math.random()}`;
  const line: Line = {
    type: (key) => connection.input(1, 1, writer, (seq += 1), key),
    heard: () => undefined,
    close: () => connection.cut(),
  };
  connection.onFrame((frame) => {
    if (frame.is === "output") line.heard(frame.data);
  });
  return line;
}

async function openBare(url: string): Promise<Line> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const line: Line = { type: (key) => socket.send(Buffer.from(key)), heard: () => resolve(), close: () => socket.terminate() };
  socket.on("message", (data) => line.heard(data as Buffer));
  await within(20_000, "the program's first word", ready);
  return line;
}

process.on("message", (order: Order) => void follow(order).then((answer) => process.send?.(answer)));
process.send?.("ready");
