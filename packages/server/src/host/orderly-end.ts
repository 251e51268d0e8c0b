/**
 * The word that a host leaves with a run which goes on without it: all that was read of the run is in its spool. A host that was killed
 * leaves none, and the next one has to say that something may be missing.
 */
import * as fs from "node:fs";
import * as path from "node:path";

export function leaveWord(directory: string): void {
  try {
    fs.writeFileSync(wordFile(directory), "", { mode: 0o600 });
  } catch {
    // Then the next host says that something may be missing.
  }
}

/** Whether the former host left it. It counts for one host. */
export function takeWord(directory: string): boolean {
  const file = wordFile(directory);
  const isThere = fs.existsSync(file);
  if (isThere) fs.rmSync(file, { force: true });
  return isThere;
}

function wordFile(directory: string): string {
  return path.join(directory, "ended-in-order");
}
