// How soon everybody is back after the server was killed: 100 sessions, SIGKILL, a new server at once, and a client without any memory;
// against the time in which Node starts and does nothing. Every screen must be the one of somebody who never left.

import { spawn } from "node:child_process";
import { once } from "node:events";
import headless from "@xterm/headless";
import type { PerdureHome } from "../test/harness/perdure-home.ts";
import { Random } from "../test/harness/random.ts";
import { RawConnection } from "../test/harness/raw-connection.ts";
import { until } from "../test/harness/until.ts";
import { judge, median, note, type Bench, type BenchContext, type Finding } from "./bench.ts";
import { withHome } from "./home.ts";

const sessions = 100;
const size = { cols: 100, rows: 30 } as const;

interface Kept {
  readonly id: string;
  /** What it has printed. */
  readonly text: string;
  /** The screen of somebody who never left. */
  readonly screen: string;
}

export const restart: Bench = {
  name: "restart",
  question: `the server killed with ${sessions} sessions: spawn to the first client's screen, against a bare Node start`,
  run: (context) => withHome(async (home) => measure(home, await makeSessions(home, context.seed), context)),
};

async function makeSessions(home: PerdureHome, seed: number): Promise<readonly Kept[]> {
  const random = new Random(seed);
  const made: Kept[] = [];
  for (let count = 0; count < sessions; count += 1) {
    const text = screenText(count, random);
    const file = home.write(`text-${count}`, text.replaceAll("\r\n", "\n"));
    const { id } = await home.api.create({
      command: ["/bin/sh", "-c", 'cat "$1"; exec cat', "sh", file],
      environment: { variables: home.variables },
      ...size,
    });
    made.push({ id, text, screen: await draw(text) });
  }
  const isPrinted = async (): Promise<boolean> => {
    const ends = new Map((await home.api.sessions()).map((session) => [session.id, Number(session.cursor.split("_")[1])]));
    return made.every(({ id, text }) => ends.get(id) === Buffer.byteLength(text));
  };
  await until("all that is printed", isPrinted, { everyMs: 100 });
  return made;
}

function screenText(number: number, random: Random): string {
  const lines = Array.from(
    { length: 60 },
    (_, row) => `\u001b[3${random.between(1, 7)}m${row} of session ${number}\u001b[m ${"x".repeat(random.between(0, 110))}`,
  );
  return `${lines.join("\r\n")}\r\nsession ${number} $ `;
}

async function measure(home: PerdureHome, kept: readonly Kept[], { rounds, say }: BenchContext): Promise<readonly Finding[]> {
  const [first, all, bare, ready]: [number[], number[], number[], number[]] = [[], [], [], []];
  let right = sessions;
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await bareStart());
    await home.server.kill();
    const startedMs = performance.now();
    await home.start();
    ready.push(performance.now() - startedMs);
    const connection = await RawConnection.greet(home.url, { token: home.token });
    let rightNow = Number(await isRight(connection, kept[0] as Kept, 1));
    first.push(performance.now() - startedMs);
    const others = await Promise.all(kept.slice(1).map((each, index) => isRight(connection, each, index + 2)));
    all.push(performance.now() - startedMs);
    rightNow += others.filter(Boolean).length;
    right = Math.min(right, rightNow);
    connection.cut();
  }
  say(`the server says that it is ready after ${median(ready).toFixed(0)} ms`);
  const [value, limit] = [median(first), median(bare)];
  return [
    note("restart: first client", value, "ms", limit),
    judge({
      name: "restart: first client, beyond a bare Node start",
      value: value - limit,
      unit: "ms",
      rule: "at most",
      accept: 250,
      aim: 100,
    }),
    note(`restart: all ${sessions} clients`, median(all), "ms", limit),
    judge({ name: "restart: screens that are right", value: right, unit: `of ${sessions}`, rule: "at least", accept: sessions }),
  ];
}

async function bareStart(): Promise<number> {
  const startedMs = performance.now();
  await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore", env: {} }), "exit");
  return performance.now() - startedMs;
}

/** Draws the session's screen from nothing and compares it with that of the whole text. */
async function isRight(connection: RawConnection, { id, screen }: Kept, channel: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const stop = connection.onFrame((frame) => {
    if (frame.is === "snapshot" && frame.channel === channel) resolve(frame.data);
  });
  connection.attach(id, { mode: "screen", channel });
  const restored = await draw(await promise);
  stop();
  return restored === screen;
}

async function draw(data: Uint8Array | string): Promise<string> {
  const terminal = new headless.Terminal({ ...size, scrollback: 1000, allowProposedApi: true, logLevel: "off" });
  await new Promise<void>((resolve) => {
    terminal.write(data, resolve);
  });
  const { baseY, cursorX, cursorY } = terminal.buffer.active;
  const rows = Array.from({ length: baseY + size.rows }, (_, row) => terminal.buffer.active.getLine(row)?.translateToString() ?? "");
  terminal.dispose();
  return [...rows, `${cursorX},${cursorY}`].join("\n");
}
