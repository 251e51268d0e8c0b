/** Small files that are whole or not there, whatever happens in between. */
import * as fs from "node:fs";

/** Replaces the file in one step. `isSynced`: it also outlives a power cut. */
export function writeWhole(file: string, text: string, options: { readonly isSynced?: boolean } = {}): void {
  const draft = `${file}.new`;
  const fd = fs.openSync(draft, "w", 0o600);
  try {
    // Not writeSync, which may write a part and say so only by its result.
    fs.writeFileSync(fd, text);
    if (options.isSynced) fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(draft, file);
}
