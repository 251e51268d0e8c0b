/** What the fake agent prints: whole lines of JSON, or bytes that are none. That nobody reads any more does not stop it. */

process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

export function printLine(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

export function printRaw(text: string): void {
  process.stdout.write(text);
}

export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Complains and ends. */
export function fail(code: number, text: string): never {
  complain(text);
  process.exit(code);
}
