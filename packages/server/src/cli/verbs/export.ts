/** `perdure export SESSION`: its history as an asciicast (for `asciinema play`), as text, or as raw bytes. */
import * as fs from "node:fs";
import * as path from "node:path";
import { finished } from "node:stream/promises";
import { Command, Option } from "commander";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { reachServer, sessionNamed } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { writeAll } from "../write-all.ts";

const FORMATS = ["asciicast", "text", "raw"] as const;

interface ExportFlags extends ServerFlags {
  readonly format: (typeof FORMATS)[number];
  readonly output?: string;
}

export function exportCommand(cli: Cli): Command {
  const command = new Command("export").description("write a session's history to a file or standard output");
  return withServerFlags(command)
    .argument("<session>", "id, name, or the beginning of either")
    .addOption(new Option("--format <format>", "how").choices(FORMATS).default("asciicast"))
    .option("-o, --output <file>", "the file; - or none: standard output")
    .action(async (word: string, flags: ExportFlags) => {
      const toFile = flags.output !== undefined && flags.output !== "-";
      if (!toFile && cli.output.isTTY && flags.format === "raw") {
        throw new CommandFailure(EXIT.usage, "Raw bytes would disturb this terminal: choose a file with -o, or `perdure logs`.");
      }
      const server = await reachServer(cli, flags);
      const session = await sessionNamed(server, word);
      const { body } = await server.rest.export(session.id, flags.format);
      if (flags.output !== undefined && toFile) await writeFile(path.resolve(cli.cwd, flags.output), body, cli.signal);
      else await writeAll(body, cli.output, (data) => data, cli.signal);
    });
}

/** The file appears whole or not at all. What a terminal shows may be secret: only its owner can read it. */
async function writeFile(file: string, body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
  const draft = `${file}.${process.pid}.part`;
  try {
    const output = fs.createWriteStream(draft, { mode: 0o600, flags: "wx" });
    const written = finished(output);
    await Promise.race([writeAll(body, output, (data) => data, signal).then(() => output.end()), written]);
    await written;
    fs.renameSync(draft, file);
  } catch (error) {
    fs.rmSync(draft, { force: true });
    if (signal.aborted) throw error;
    throw new CommandFailure(EXIT.failed, `${file} could not be written (${error instanceof Error ? error.message : String(error)}).`);
  }
}
