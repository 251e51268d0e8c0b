// How much a new viewer is sent of a screen: one of which every cell is written and coloured, and one of lines with its history above it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PerdureHome } from "../test/harness/perdure-home.ts";
import { Random } from "../test/harness/random.ts";
import { RawConnection } from "../test/harness/raw-connection.ts";
import { until, within } from "../test/harness/until.ts";
import { judge, note, type BenchContext, type Finding } from "./bench.ts";

const size = { cols: 120, rows: 40 } as const;
const kibibyte = 1024;
const maxKibibytes = 32;

export async function snapshotSizes(home: PerdureHome, { scratch, seed }: BenchContext): Promise<readonly Finding[]> {
  const file = join(scratch, "screen");
  writeFileSync(file, colourfulScreen(seed));
  const full = await bytesOf(home, 'cat "$1"; exec cat', file);
  const lines = await bytesOf(home, 'seq -f "line %.0f of many, as long as lines mostly are" 2000; exec cat', file);
  return [
    judge({ name: "snapshot of a full screen, 120×40", value: full / kibibyte, unit: "KiB", rule: "at most", accept: maxKibibytes }),
    note("snapshot of lines, with 1,000 above the screen", lines / kibibyte, "KiB"),
  ];
}

/** What comes of a session in which this script has filled the screen. */
async function bytesOf(home: PerdureHome, script: string, file: string): Promise<number> {
  const command = ["/bin/sh", "-c", script, "sh", file];
  const { id } = await home.api.create({ command, environment: { variables: home.variables }, ...size });
  const isFull = async (): Promise<boolean> => (await home.api.send("GET", `/api/sessions/${id}/screen`)).text.length > kibibyte;
  await until("a full screen", isFull, { everyMs: 100 });
  const connection = await RawConnection.greet(home.url, { token: home.token });
  const { promise, resolve } = Promise.withResolvers<number>();
  let bytes = 0;
  connection.onFrame((frame) => {
    if (frame.is === "snapshot" || frame.is === "snapshot-part") bytes += frame.data.length;
    if (frame.is === "snapshot") resolve(bytes);
  });
  connection.attach(id, { mode: "screen" });
  await within(20_000, "a snapshot", promise);
  connection.cut();
  await home.api.delete(id);
  return bytes;
}

/** Every eighth cell or so begins another colour, as in an editor. */
function colourfulScreen(seed: number): string {
  const random = new Random(seed);
  let text = "\u001b[?1049h";
  for (let row = 1; row <= size.rows; row += 1) {
    text += `\u001b[${row}H`;
    for (let column = 1; column <= size.cols; column += 1) {
      if (random.between(1, 8) === 1) text += `\u001b[38;5;${random.between(1, 255)}m`;
      text += String.fromCharCode(random.between(33, 126));
    }
  }
  return text;
}
