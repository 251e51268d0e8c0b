/**
 * A record that is not found where directories or files cannot be read need not be gone: its owner was changed, a disk is not mounted
 * as it was. That must not pass for a conversation that the agent forgot.
 */
import * as fs from "node:fs/promises";
import * as path from "node:path";

export interface Unreadable {
  readonly place: string;
  /** As the system says it: `EACCES`, `ELOOP`, `EIO`. */
  readonly code: string;
}

const MAX_DIRECTORIES = 5000;

/** The first directory below this one, down to so many levels, that is there and cannot be read; `null`: none. */
export async function unreadableDirectory(root: string, levels: number): Promise<Unreadable | null> {
  let places = [root];
  let looked = 0;
  for (let level = 0; level <= levels; level += 1) {
    const next: string[] = [];
    for (const place of places) {
      if ((looked += 1) > MAX_DIRECTORIES) return null;
      const found = await entriesOf(place);
      if ("code" in found) return found;
      next.push(...found.directories);
    }
    places = next;
  }
  return null;
}

async function entriesOf(place: string): Promise<{ readonly directories: readonly string[] } | Unreadable> {
  try {
    const entries = await fs.readdir(place, { withFileTypes: true });
    return {
      directories: entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => path.join(place, name)),
    };
  } catch (error) {
    return failureOf(place, error) ?? { directories: [] };
  }
}

/** Whether a file that is there can be read; `null`: it can, or is not there. */
export async function unreadableFile(file: string): Promise<Unreadable | null> {
  try {
    await fs.access(file, fs.constants.R_OK);
    return null;
  } catch (error) {
    return failureOf(file, error);
  }
}

function failureOf(place: string, error: unknown): Unreadable | null {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // A file in the place of a directory is none of the agent's.
  return code === "ENOENT" || code === "ENOTDIR" || code === "" ? null : { place, code };
}
