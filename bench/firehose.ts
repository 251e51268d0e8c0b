// How fast output reaches one client, with the log and the screen engine on: against the least program that commits and relays it. Both
// are read by the same client, and what it got must be what the program printed, byte by byte.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { WebSocket } from "ws";
import type { PerdureHome } from "../test/harness/perdure-home.ts";
import { RawConnection } from "../test/harness/raw-connection.ts";
import { within } from "../test/harness/until.ts";
import { judge, median, type Bench, type BenchContext } from "./bench.ts";
import { asPrinted, mixture } from "./corpus/generated.ts";
import { withHome } from "./home.ts";
import { PeerProcess } from "./peers/peer-process.ts";
import { nowMs, printFile, startOf } from "./programs.ts";

const corpusBytes = 32 * 1024 * 1024;
const mebibyte = 1024 * 1024;
const timeoutMs = 120_000;

export const firehose: Bench = {
  name: "firehose",
  question: "to one socket, log and engine on, against a committed relay",
  run: (context) => withHome(async (home) => [await measure(home, context)]),
};

async function measure(home: PerdureHome, { rounds, seed, scratch }: BenchContext) {
  const corpus = mixture(corpusBytes, seed);
  const expected = asPrinted(corpus);
  const file = join(scratch, "corpus");
  writeFileSync(file, corpus);
  const [perdure, relay]: [number[], number[]] = [[], []];
  for (let round = -1; round < rounds; round += 1) {
    const speeds = [
      await throughPerdure(home, file, expected),
      await throughRelay(home, file, expected, join(scratch, `relay${round}.db`)),
    ];
    if (round < 0) continue; // warms up
    perdure.push(speeds[0] ?? 0);
    relay.push(speeds[1] ?? 0);
  }
  return judge({
    name: "firehose",
    value: median(perdure),
    unit: "MB/s",
    limit: median(relay),
    rule: "ratio at least",
    accept: 0.5,
    aim: 0.8,
  });
}

/** What a client has got; settles with the time of the last byte. */
class Received {
  readonly whole: Promise<number>;
  readonly #buffer: Buffer;
  readonly #resolve: (at: number) => void;
  #bytes = 0;

  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafe(bytes);
    const { promise, resolve } = Promise.withResolvers<number>();
    this.whole = promise;
    this.#resolve = resolve;
  }

  take(data: Uint8Array): void {
    if (this.#bytes + data.length <= this.#buffer.length) this.#buffer.set(data, this.#bytes);
    this.#bytes += data.length;
    if (this.#bytes >= this.#buffer.length) this.#resolve(nowMs());
  }

  check(expected: Buffer, who: string): void {
    if (this.#bytes !== expected.length || !this.#buffer.equals(expected)) throw new Error(`${who} did not send what was printed`);
  }
}

async function throughPerdure(home: PerdureHome, file: string, expected: Buffer): Promise<number> {
  const start = join(home.scratch, "start");
  const received = new Received(expected.length);
  const connection = await RawConnection.greet(home.url, { token: home.token });
  connection.onFrame((frame) => {
    if (frame.is === "output") received.take(frame.data);
  });
  const { id } = await home.api.create({
    command: printFile(file, start, "wait"),
    environment: { variables: home.variables },
    cols: 120,
    rows: 40,
  });
  connection.attach(id);
  const at = await within(timeoutMs, "the last byte through perdure", received.whole);
  received.check(expected, "perdure");
  await checkEngine(connection, id, expected.length);
  connection.cut();
  await home.api.delete(id);
  return speed(expected.length, at - startOf(start));
}

/** The engine has followed to the last byte: a screen is drawn as of there. */
async function checkEngine(connection: RawConnection, session: string, bytes: number): Promise<void> {
  const drawn = connection.untilFrame("the engine's screen of the end", (frame) => frame.is === "snapshot" && frame.offset === bytes);
  connection.attach(session, { mode: "screen", channel: 2 });
  await drawn;
}

async function throughRelay(home: PerdureHome, file: string, expected: Buffer, database: string): Promise<number> {
  const start = join(home.scratch, "start");
  const relay = new PeerProcess("relay.ts", [database, ...printFile(file, start, "wait")], home.variables);
  const { port } = await relay.message<{ port: number }>();
  const received = new Received(expected.length);
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  socket.on("message", (data) => received.take(data as Buffer));
  const at = await within(timeoutMs, "the last byte through the relay", received.whole);
  received.check(expected, "the relay");
  socket.terminate();
  await relay.end();
  return speed(expected.length, at - startOf(start));
}

function speed(bytes: number, ms: number): number {
  return bytes / mebibyte / (ms / 1000);
}
