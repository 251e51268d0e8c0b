// How fast output gets into the log: from the program's first byte to the commit of its last, against a loop that only reads the terminal.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
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

export const ingest: Bench = {
  name: "ingest",
  question: "program to committed, against a bare read loop of the same terminal",
  run: (context) => withHome(async (home) => [await measure(home, context)]),
};

async function measure(home: PerdureHome, { rounds, seed, scratch }: BenchContext) {
  const corpus = mixture(corpusBytes, seed);
  const printedBytes = asPrinted(corpus).length;
  const file = join(scratch, "corpus");
  writeFileSync(file, corpus);
  const connection = await RawConnection.greet(home.url, { token: home.token });
  connection.control({ type: "watch" });
  const [committed, read]: [number[], number[]] = [[], []];
  for (let round = -1; round < rounds; round += 1) {
    const results = [await commit(home, connection, file, printedBytes), await readOnly(home, file, printedBytes)];
    if (round < 0) continue; // warms up
    committed.push(printedBytes / mebibyte / (results[0] ?? 0));
    read.push(printedBytes / mebibyte / (results[1] ?? 0));
  }
  connection.cut();
  return judge({
    name: "ingest",
    value: median(committed),
    unit: "MB/s",
    limit: median(read),
    rule: "ratio at least",
    accept: 0.6,
    aim: 0.85,
  });
}

/** Seconds until the last byte was committed: the end of the run is part of that commit, and told after it. */
async function commit(home: PerdureHome, connection: RawConnection, file: string, bytes: number): Promise<number> {
  const start = join(home.scratch, "start");
  const { promise: ended, resolve } = Promise.withResolvers<{ at: number; cursor: string }>();
  const stop = connection.onFrame((frame) => {
    if (frame.is !== "control" || frame.message.type !== "session" || frame.message.session.run.state.is !== "exited") return;
    resolve({ at: nowMs(), cursor: frame.message.session.cursor });
  });
  const { id } = await home.api.create({
    command: printFile(file, start, "exit"),
    environment: { variables: home.variables },
    cols: 120,
    rows: 40,
  });
  const { at, cursor } = await within(120_000, "the end of the program", ended).finally(stop);
  if (Number(cursor.split("_")[1]) !== bytes) throw new Error(`${cursor} was committed of ${bytes} bytes`);
  await home.api.delete(id);
  return (at - startOf(start)) / 1000;
}

async function readOnly(home: PerdureHome, file: string, bytes: number): Promise<number> {
  const start = join(home.scratch, "start");
  const peer = new PeerProcess("read-loop.ts", printFile(file, start, "exit"), home.variables);
  const said = await peer.message<{ bytes: number; endedAt: number }>();
  await peer.end();
  if (said.bytes !== bytes) throw new Error(`${said.bytes} of ${bytes} bytes were read`);
  return (said.endedAt - startOf(start)) / 1000;
}
