/**
 * A process that writes to a store until it is killed, for tests: it continues the log of session "s" with numbered lines, moves the
 * applied marks along, and prints the tail after each commit that was acknowledged.
 *
 *   writer-process.ts <database file> <boot id> <commits> <bytes a commit> [full | normal] [close | stay]
 */
import { openSqliteStore } from "../sqlite-store.ts";
import type { Durability, Store } from "../store.ts";
import { TERMINAL, append, output, putRun, putSession, screen } from "./fixture.ts";

const [file = "", bootId = "", commits = "0", bytes = "0", durability = "normal", end = "close"] = process.argv.slice(2);

/** Whoever waits for a crash of the quiet store sees a clean end after this time. */
const LONGEST_STAY_MS = 40_000;

/** The text of the log at an offset: whoever knows the offset knows what must be there. */
function textAt(offset: number, length: number): string {
  let text = "";
  for (let line = Math.floor(offset / 16); text.length < length + 16; line += 1) text += `${String(line).padStart(15, ".")}\n`;
  return text.slice(offset % 16, (offset % 16) + length);
}

/** Resolves when the line is with the reader, however slowly that reads. */
function say(line: string): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(line, (error) => (error ? reject(error) : resolve())));
}

async function write(store: Store): Promise<void> {
  await store.commit([putSession(), append([])], "full");
  let offset = (await store.streamState(TERMINAL))?.tail ?? 0;
  if ((await store.runs("s")).length === 0) await store.commit([putRun()], "full");
  for (let index = 0; index < Number(commits); index += 1) {
    const length = Number(bytes);
    const writes = [
      append([output(textAt(offset, length), 1_000 + index)]),
      { op: "apply", run: "r", record: index, offset: offset + length } as const,
    ];
    const result = await store.commit(writes, durability as Durability);
    if (!result.ok) throw new Error(result.reason);
    offset += length;
    await say(`${offset}\n`);
    if (index % 20 === 19) await store.commit([screen(offset)], "normal");
    if (index % 40 === 39) await store.trim(TERMINAL, { maxBytes: 100_000, maxAgeMs: Number.MAX_SAFE_INTEGER / 2 }, 1);
  }
  if (end === "stay") await new Promise((resolve) => setTimeout(resolve, LONGEST_STAY_MS));
  await store.close();
}

await write(await openSqliteStore({ file, worker: new URL("../store-worker.ts", import.meta.url), bootId, version: "0.0.0-test" }));
