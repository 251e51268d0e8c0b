/**
 * The highest epoch that this state directory's hosts have seen, in a file: it fences off a server that was replaced, also for the
 * next host, and tells a server that its database is an older copy.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { writeWhole } from "./files.ts";

/** 0 if none was seen, or the file cannot be understood. */
export function readEpoch(hostDirectory: string): number {
  const file = epochFile(hostDirectory);
  return (fs.existsSync(file) && Number.parseInt(fs.readFileSync(file, "utf8"), 10)) || 0;
}

/** On disk on return. */
export function storeEpoch(hostDirectory: string, epoch: number): void {
  writeWhole(epochFile(hostDirectory), String(epoch), { isSynced: true });
}

function epochFile(hostDirectory: string): string {
  return path.join(hostDirectory, "epoch");
}
