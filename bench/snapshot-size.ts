// How much a new viewer is sent of a screen: one of which every cell is written and coloured, and one of lines with its history above it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PerdureHome } from "../test/harness/perdure-home.ts";
import { Random } from "../test/harness/random.ts";
import { RawConnection } from "../test/harness/raw-connection.ts";
import { until, within } from "../test/harness/until.ts";
import { judge, note, type BenchContext, type Finding } from "./bench.ts";
import { asPrinted } from "./corpus/generated.ts";

const size = { cols: 120, rows: 40 } as const;
const kibibyte = 1024;
const maxKibibytes = 32;

export async function snapshotSizes(home: PerdureHome, { scratch, seed }: BenchContext): Promise<readonly Finding[]> {
  const bytesOf = (text: string): Promise<number> => snapshotBytes(home, join(scratch, "screen"), text);
  const full = await bytesOf(colourfulScreen(seed));
  const lines = await bytesOf(plainLines());
  return [
    judge({ name: "snapshot of a full screen, 120×40", value: full / kibibyte, unit: "KiB", rule: "at most", accept: maxKibibytes }),
    note("snapshot of lines, with 1,000 above the screen", lines / kibibyte, "KiB"),
  ];
}

/** What comes of a session that has printed this, to its last byte. */
async function snapshotBytes(home: PerdureHome, file: string, text: string): Promise<number> {
  writeFileSync(file, text);
  const command = ["/bin/sh", "-c", 'cat "$1"; exec cat', "sh", file];
  const { id } = await home.api.create({ command, environment: { variables: home.variables }, ...size });
  const end = asPrinted(Buffer.from(text)).length;
  const isWhole = async (): Promise<boolean> => Number((await home.api.session(id)).cursor.split("_")[1]) === end;
  await until("all that is printed", isWhole, { everyMs: 20 });
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

function plainLines(): string {
  return Array.from({ length: 2_000 }, (_, line) => `line ${line} of many, as long as lines mostly are\n`).join("");
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
