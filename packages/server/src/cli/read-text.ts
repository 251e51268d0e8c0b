/** A message from the words of a command line and from standard input. */
import type { Cli } from "./cli.ts";

/** Of standard input; more is cut and then refused as too long. */
const MAX_INPUT_BYTES = 1024 * 1024;

/** The words with blanks between them. `-` as the last word, or no word at all without a terminal, stands for standard input. */
export async function readWords(cli: Cli, words: readonly string[]): Promise<string> {
  const isInputWanted = words.at(-1) === "-" || (words.length === 0 && !cli.input.isTTY);
  const said = (words.at(-1) === "-" ? words.slice(0, -1) : words).join(" ");
  if (!isInputWanted) return said;
  const input = (await readAll(cli)).replace(/\s+$/, "");
  return said === "" ? input : `${said}\n\n${input}`;
}

async function readAll(cli: Cli): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of cli.input.iterator() as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length > MAX_INPUT_BYTES) break;
  }
  return Buffer.concat(parts).toString("utf8");
}
