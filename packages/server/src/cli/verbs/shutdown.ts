/**
 * `perdure shutdown`: ends the server; programs live on under their host. With `--all` every program and the host end too. Says
 * what it ended.
 */
import { setTimeout as delay } from "node:timers/promises";
import * as fs from "node:fs";
import { Command } from "commander";
import { isAlive } from "@perdure/protocol";
import { isProcessAlive } from "../../platform/processes.ts";
import { readServerFile, type ServerFile } from "../../platform/server-file.ts";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { findServer } from "../find-server.ts";
import { reachServer, requireServer, type Server } from "../server.ts";
import { homeOf, withServerFlags, type ServerFlags } from "../server-flags.ts";
import { plainText } from "../table.ts";

const END_MS = 15_000;
const LOOK_EVERY_MS = 50;

interface ShutdownFlags extends ServerFlags {
  readonly all?: true;
}

export function shutdownCommand(cli: Cli): Command {
  const command = new Command("shutdown").description("end the server; programs live on");
  return withServerFlags(command)
    .option("--all", "end every program and the host, too; histories stay")
    .action(async (flags: ShutdownFlags) => {
      const server = flags.all ? await serverToEndAll(cli, flags) : await requireServer(cli, flags);
      const file = readServerFile(server.home);
      const living = (await server.rest.list()).filter((session) => isAlive(session.run.state));
      await server.rest.shutdown({ all: flags.all === true });
      if (file !== null) await waitForEnd(file, server, cli.signal);
      const names = living.map((session) => plainText(session.name)).join(", ");
      if (flags.all)
        cli.print(`The server and the host have ended${living.length > 0 ? `, and with them: ${names}` : "; no program was running"}.`);
      else
        cli.print(
          `The server has ended. ${living.length > 0 ? `These live on: ${names}.` : "No program was running."} \`perdure\` starts it again.`,
        );
    });
}

/** Programs may live on under a host whose server was shut down before: then one is needed to end them. */
async function serverToEndAll(cli: Cli, flags: ServerFlags): Promise<Server> {
  const home = homeOf(flags, cli.env);
  const found = await findServer(home, cli.signal);
  const hasNothing = found.is === "none" && found.port === undefined && !fs.existsSync(home.hostSocket);
  return hasNothing ? requireServer(cli, flags) : reachServer(cli, flags);
}

async function waitForEnd(file: ServerFile, server: Server, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; waitedMs < END_MS; waitedMs += LOOK_EVERY_MS) {
    if (!isProcessAlive(file)) return;
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
  throw new CommandFailure(EXIT.failed, `The server (pid ${file.pid}) was told to end and lives on; see ${server.home.serverLog}.`);
}
