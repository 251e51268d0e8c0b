/**
 * `perdure send SESSION TEXT`: types into a session, numbered like all input, so that it arrives once. Returns when the
 * program's host has it.
 */
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { keysToText } from "../key-names.ts";
import { sendInput } from "../send-input.ts";
import { reachServer, sessionNamed } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";

const MAX_INPUT_BYTES = 1024 * 1024;

interface SendFlags extends ServerFlags {
  readonly enter?: true;
  readonly keys?: true;
}

export function sendCommand(cli: Cli): Command {
  const command = new Command("send").description("type text or keys into a session");
  return withServerFlags(command)
    .argument("<session>", "id, name, or the beginning of either")
    .argument("[text...]", "what to type; - reads standard input")
    .option("--enter", "press Enter after it")
    .option("--keys", "the words are names of keys: C-c, M-x, Escape, Enter, Up, F5, or single characters")
    .action(async (word: string, texts: readonly string[], flags: SendFlags) => {
      const text = await inputOf(cli, texts, flags);
      const server = await reachServer(cli, flags);
      const session = await sessionNamed(server, word);
      await sendInput(cli, server, session, Buffer.from(text));
    });
}

async function inputOf(cli: Cli, texts: readonly string[], flags: SendFlags): Promise<string> {
  const text = flags.keys ? keysToText(texts) : texts.length === 1 && texts[0] === "-" ? await readInput(cli) : texts.join(" ");
  const whole = flags.enter ? `${text}\r` : text;
  if (whole === "") throw new CommandFailure(EXIT.usage, "There is nothing to send: give a text, - for standard input, or --enter.");
  if (Buffer.byteLength(whole) > MAX_INPUT_BYTES)
    throw new CommandFailure(EXIT.usage, "More than 1 MiB cannot be sent at once; send it in parts.");
  return whole;
}

/** Standard input up to the limit; lines end with the Enter key's character, as typed ones do. */
async function readInput(cli: Cli): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of cli.input.iterator() as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length > MAX_INPUT_BYTES) break;
  }
  return Buffer.concat(parts).toString("utf8").replaceAll(/\r?\n/g, "\r");
}
