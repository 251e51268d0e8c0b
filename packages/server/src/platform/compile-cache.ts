/**
 * The compiled code of this process, kept for the next one: reading the sources again is a good part of a start. It lies in the state
 * directory, because an installation may be read-only. Node looks at what it finds there only if it was made by the same Node of the same
 * source; where nothing can be read or written, or others could write, everything is compiled as ever.
 */
import * as fs from "node:fs";
import * as module from "node:module";
import * as path from "node:path";

/** Of one build there are about twenty. */
const MAX_FILES = 100;

export class CompileCache {
  readonly #directory: string;

  /** Takes effect for what is imported from now on. */
  constructor(stateDirectory: string) {
    this.#directory = path.join(stateDirectory, "cache", "compiled");
    try {
      fs.mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      const parents = [stateDirectory, path.dirname(this.#directory), this.#directory];
      if (parents.every(isOursAlone)) module.enableCompileCache(this.#directory);
    } catch {
      // Whether the state directory can be used, and what to do, is found and said by whoever needs it.
    }
  }

  /** Writes what is not there yet: a process that is killed writes nothing at its end. */
  keep(): void {
    module.flushCompileCache();
    try {
      this.#dropOldest();
    } catch {
      // Somebody tidies it, too.
    }
  }

  /** Other builds, and other versions of Node, have left theirs. */
  #dropOldest(): void {
    const files = fs
      .readdirSync(this.#directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    if (files.length <= MAX_FILES) return;
    const byAge = files.map((file) => ({ file, madeAt: fs.statSync(file).mtimeMs })).toSorted((one, other) => one.madeAt - other.madeAt);
    for (const { file } of byAge.slice(0, files.length - MAX_FILES)) fs.rmSync(file, { force: true });
  }
}

/** What lies there is run. */
function isOursAlone(directory: string): boolean {
  const stat = fs.statSync(directory);
  return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
}
