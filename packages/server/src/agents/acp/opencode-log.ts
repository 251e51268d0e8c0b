/**
 * Which conversations an opencode process speaks in, by opencode's own log. All processes append to one file; each line names its
 * process by a word that is made up at its start. Where a process wrote last stands with its descriptor, and the line that ends
 * there has its word: so lines are known for certain to be of the processes of one terminal.
 */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Variables } from "../agent.ts";
import { openFiles, placeOf, processesOf } from "../open-files.ts";

/** Of a longer log the end. */
const MAX_LOG_BYTES = 2 * 1024 * 1024;
const LINE = /^timestamp=\S+ level=\w+ run=(\w+) message=/;
const CONVERSATION = / (?:message=created id|session\.id)=(ses_\w+)/;

/** Oldest first, by their last use, helpers' too; empty: none yet. `null`: that is not known. */
export async function conversationsInLog(pid: number, env: Variables): Promise<readonly string[] | null> {
  try {
    const log = await fs.realpath(path.join(dataDirectory(env), "log", "opencode.log"));
    const places = await placesIn(log, pid);
    if (places.length === 0) return null;
    const { text, start } = await readEnd(log);
    const words = new Set(places.flatMap((place) => wordAt(text, place - start) ?? []));
    const used = text
      .toString()
      .split("\n")
      .flatMap((line) => (words.has(LINE.exec(line)?.[1] ?? "") ? (CONVERSATION.exec(line)?.[1] ?? []) : []));
    return words.size === 0 || (used.length === 0 && start > 0) ? null : [...new Set(used.toReversed())].toReversed();
  } catch {
    return null;
  }
}

/** Everything of opencode's that is not configuration. */
export function dataDirectory(env: Variables): string {
  return path.join(env["XDG_DATA_HOME"] || path.join(env["HOME"] || "/", ".local", "share"), "opencode");
}

/** Where the processes of a terminal wrote last. */
async function placesIn(log: string, pid: number): Promise<readonly number[]> {
  const places: number[] = [];
  for (const process of processesOf(pid)) {
    for (const open of await openFiles(process)) if (open.file === log) places.push(await placeOf(process, open));
  }
  return places.filter((place) => place > 0);
}

async function readEnd(log: string): Promise<{ readonly text: Buffer; readonly start: number }> {
  const handle = await fs.open(log);
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - MAX_LOG_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return { text: buffer.subarray(0, bytesRead), start };
  } finally {
    await handle.close();
  }
}

/** The word in the line that ends there. */
function wordAt(text: Buffer, end: number): string | undefined {
  if (end <= 0 || end > text.length || text[end - 1] !== 0x0a) return undefined;
  const begin = end < 2 ? 0 : text.lastIndexOf(0x0a, end - 2) + 1;
  return LINE.exec(text.toString("utf8", begin, end))?.[1];
}
