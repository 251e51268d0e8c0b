/**
 * Who writes a conversation of codex now. Codex holds a lock on a file of each conversation that it has open; the file stays behind
 * when it dies, the lock does not. Linux tells who holds a lock; elsewhere nothing is said, and codex's own refusal tells.
 */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { processTable } from "../../platform/processes.ts";
import { openFiles } from "../open-files.ts";

/** The process that has it open; `null`: nobody, or the system does not tell. */
export async function conversationWriter(home: string, id: string): Promise<number | null> {
  try {
    const file = await fs.realpath(path.join(home, "thread-writer-locks", `${id}.lock`));
    const { ino } = await fs.stat(file);
    const locks = (await fs.readFile("/proc/locks", "utf8")).split("\n").flatMap((line) => readLock(line) ?? []);
    const takers = locks.filter(({ inode }) => inode === ino).map(({ pid }) => pid);
    if (takers.length === 0) return null;
    // The process that took the lock may have left it to another.
    const others = processTable().map(({ pid }) => pid);
    for (const pid of [...takers, ...others]) if ((await openFiles(pid)).some((open) => open.file === file)) return pid;
    return null;
  } catch {
    return null;
  }
}

/** `3: FLOCK  ADVISORY  WRITE 2817 fe:00:2507894 0 EOF`; one that waits for another has an arrow. */
function readLock(line: string): { readonly pid: number; readonly inode: number } | null {
  const [, , , , pid, place] = line.includes("->") ? [] : line.trim().split(/\s+/);
  const inode = Number(place?.split(":")[2]);
  return pid !== undefined && Number(pid) > 0 && Number.isInteger(inode) ? { pid: Number(pid), inode } : null;
}
