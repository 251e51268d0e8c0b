/** With which flags of this process another of our programs, or a worker, is started. */

/**
 * From source those that make Node read it; from a bundle none: the flags of a program that embeds perdure (`-e`, `--inspect`, loaders)
 * are its own.
 */
export function entryFlags(entry: URL | string): string[] {
  return String(entry).endsWith(".ts") ? process.execArgv : [];
}

/** The same as an option of a worker; from source it inherits them. */
export function workerFlags(entry: URL | string): { readonly execArgv?: string[] } {
  return String(entry).endsWith(".ts") ? {} : { execArgv: [] };
}
