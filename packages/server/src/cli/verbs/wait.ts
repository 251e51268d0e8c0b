/**
 * `perdure wait SESSION`: returns when its program has ended, has been quiet for some time, or has printed something. For scripts
 * and for agents that drive other agents.
 */
import { Command } from "commander";
import { isAlive, type SessionInfo } from "@perdure/protocol";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { withClient } from "../kept-client.ts";
import { reachServer, sessionNamed } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { describeState } from "../session-table.ts";
import { plainText } from "../table.ts";
import { parseSeconds } from "../times.ts";
import { waitFor, type WaitConditions } from "../wait-for.ts";

const MAX_SECONDS = 30 * 86_400;

interface WaitFlags extends ServerFlags {
  readonly exit?: true;
  readonly idle?: string;
  readonly match?: string;
  readonly new?: true;
  readonly timeout?: string;
  readonly json?: true;
}

export function waitCommand(cli: Cli): Command {
  const command = new Command("wait").description("wait until a session has ended, is quiet, or has printed something");
  return withServerFlags(command)
    .argument("<session>", "id, name, or the beginning of either")
    .option("--exit", "until its program has ended")
    .option("--idle <seconds>", "until it has printed nothing for so long, counted from now")
    .option("--match <regex>", "until its screen or what it prints from now on matches")
    .option("--new", "with --match: only what it prints from now on")
    .option("--timeout <seconds>", "give up after so long, with exit code 124")
    .option("--json", "say what was met as one JSON object")
    .action(async (word: string, flags: WaitFlags) => {
      const conditions = conditionsOf(flags);
      const server = await reachServer(cli, flags);
      const session = await sessionNamed(server, word);
      await withClient(cli, server, flags, async ({ client, signal }) => {
        const screen = () => server.rest.screen(session.id, "text", { signal });
        const end = await waitFor({ client, session, conditions, screen, signal, clock: cli.clock });
        if (flags.json) cli.printJson({ met: end.met, state: end.session.run.state });
        if (end.met === "timeout") cli.exitCode = EXIT.timeout;
        if (end.met === "ended-before") throw endedBefore(end.session);
      });
    });
}

function conditionsOf(flags: WaitFlags): WaitConditions {
  if (flags.exit === undefined && flags.idle === undefined && flags.match === undefined) {
    throw new CommandFailure(EXIT.usage, "Say what to wait for: --exit, --idle SECONDS or --match REGEX.");
  }
  return {
    isExit: flags.exit === true,
    idleMs: flags.idle === undefined ? undefined : parseSeconds(flags.idle, "--idle", MAX_SECONDS),
    match: flags.match === undefined ? undefined : parsePattern(flags.match),
    isNewOnly: flags.new === true,
    timeoutMs: flags.timeout === undefined ? undefined : parseSeconds(flags.timeout, "--timeout", MAX_SECONDS),
  };
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text, "mu");
  } catch (error) {
    throw new CommandFailure(EXIT.usage, `--match wants a regular expression: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function endedBefore(session: SessionInfo): CommandFailure {
  const state = isAlive(session.run.state) ? "" : ` (${describeState(session.run.state)})`;
  return new CommandFailure(EXIT.refused, `The program of "${plainText(session.name)}" ended${state} before it printed that.`);
}
