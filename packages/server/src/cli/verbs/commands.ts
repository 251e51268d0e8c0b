/** `perdure commands [SESSION]`: what a session's shell has carried out, as far as it marks its commands. */
import type { ShellCommand } from "@perdure/protocol";
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { LastUsed, sessionToReturnTo, terminalName } from "../last-used.ts";
import { reachServer, type Server } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { resolveSession } from "../session-argument.ts";
import type { Style } from "../style.ts";
import { tableLines } from "../table.ts";
import { duration, timeAgo } from "../times.ts";

const MAX_LISTED = 200;

interface CommandsFlags extends ServerFlags {
  readonly json?: true;
  readonly number: string;
}

export function commandsCommand(cli: Cli): Command {
  const command = new Command("commands").description("list the commands of a session's shell: exit code, how long, where, what");
  return withServerFlags(command)
    .argument("[session]", "id, name, or the beginning of either; without it, the session this is run in, or the one last used here")
    .option("-n, --number <count>", `at most so many, the newest, up to ${MAX_LISTED}`, "50")
    .option("--json", "one JSON array, newest first")
    .action(async (word: string | undefined, flags: CommandsFlags) => {
      const server = await reachServer(cli, flags);
      const session = await meant(cli, server, word);
      const { commands } = await server.rest.commands(session, { limit: asked(flags.number) });
      if (flags.json) return cli.printJson(commands);
      if (commands.length === 0) return cli.note("No command is known: the shell has not marked any.");
      for (const line of commandTable(commands, cli.clock.now(), cli.style, cli.room)) cli.print(line);
    });
}

function asked(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= MAX_LISTED) return number;
  throw new CommandFailure(EXIT.usage, `--number wants a whole number from 1 to ${MAX_LISTED}, not "${text}".`);
}

async function meant(cli: Cli, server: Server, word: string | undefined): Promise<string> {
  const sessions = await server.rest.list();
  if (word !== undefined) return resolveSession(word, sessions).id;
  const inside = cli.env["PERDURE_SESSION"];
  if (inside !== undefined && sessions.some(({ id }) => id === inside)) return inside;
  const uses = new LastUsed(server.home.directory).read();
  const session = sessionToReturnTo(sessions, uses, { directory: cli.cwd, terminal: terminalName(cli.env) });
  if (session !== undefined) return session.id;
  throw new CommandFailure(EXIT.unknown, "There is no session. `perdure <program>` starts one.");
}

/** The newest last, as in a history. */
export function commandTable(commands: readonly ShellCommand[], now: number, style: Style, room?: number): readonly string[] {
  const columns = [
    { title: "EXIT", text: exitOf, paint: (text: string, { exitCode }: ShellCommand) => ((exitCode ?? 0) === 0 ? text : style.red(text)) },
    { title: "TOOK", text: ({ startedAt, endedAt }: ShellCommand) => (endedAt === null ? "" : duration(endedAt - startedAt) || "<1 s") },
    { title: "STARTED", text: ({ startedAt }: ShellCommand) => timeAgo(startedAt, now) },
    { title: "DIRECTORY", text: ({ directory }: ShellCommand) => directory ?? "", maxWidth: 40, leastWidth: 9 },
    { title: "COMMAND", text: ({ text }: ShellCommand) => text ?? "(not known)", maxWidth: 100, leastWidth: 20 },
  ];
  return tableLines<ShellCommand>(columns, commands.toReversed(), style.dim, room);
}

function exitOf({ exitCode, endedAt }: ShellCommand): string {
  if (exitCode !== null) return String(exitCode);
  return endedAt === null ? "…" : "?";
}
