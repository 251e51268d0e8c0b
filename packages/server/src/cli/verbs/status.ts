/** `perdure status`: what runs, where, and which protocol numbers it speaks. Starts nothing. */
import { Command } from "commander";
import { CLIENT_PROTOCOL, type Status } from "@perdure/protocol";
import type { Cli } from "../cli.ts";
import { EXIT } from "../exit-codes.ts";
import { findServer, type Found } from "../find-server.ts";
import { homeOf, withServerFlags, type ServerFlags } from "../server-flags.ts";
import { timeAgo } from "../times.ts";

export function statusCommand(cli: Cli): Command {
  const command = new Command("status").description("say what runs and where; starts nothing, exit code 3 if no server runs");
  return withServerFlags(command)
    .option("--json", "one JSON object")
    .action(async (flags: ServerFlags & { readonly json?: true }) => {
      const home = homeOf(flags, cli.env);
      const found = await findServer(home, cli.signal);
      if (found.is !== "running") cli.exitCode = EXIT.notRunning;
      if (flags.json) return cli.printJson(asJson(found, home.directory));
      if (found.is === "running") return printStatus(cli, found.status);
      cli.print(found.is === "none" ? "not running" : `the server (pid ${found.pid}) does not answer`);
      cli.print(cli.style.dim(`home       ${home.directory}`));
    });
}

function asJson(found: Found, home: string): object {
  if (found.is === "running") return { running: true, url: found.url, ...found.status };
  return found.is === "silent" ? { running: false, silent: true, pid: found.pid, home } : { running: false, home };
}

function printStatus(cli: Cli, status: Status): void {
  const { server, host, sessions, protocols } = status;
  const now = cli.clock.now();
  const rows: readonly (readonly [string, string])[] = [
    ["server", `pid ${server.pid}, started ${timeAgo(server.startedAt, now)}, epoch ${server.epoch}, version ${status.version}`],
    ["url", server.url],
    ["host", host === null ? "not running" : `pid ${host.pid}, instance ${host.instance}`],
    ["sessions", `${sessions.total}, ${sessions.alive} alive`],
    ["protocols", `client ${protocols.client}, host ${host?.protocol ?? protocols.host}, schema ${protocols.schema}`],
    ["home", status.home],
  ];
  for (const [name, text] of rows) cli.print(`${cli.style.dim(name.padEnd(11))}${text}`);
  for (const notice of status.notices) cli.print(cli.style.yellow(notice));
  if (protocols.client !== CLIENT_PROTOCOL) {
    cli.note(`This command line speaks protocol ${CLIENT_PROTOCOL}: \`perdure shutdown\`, then run it again, to use the new release.`);
  }
}
