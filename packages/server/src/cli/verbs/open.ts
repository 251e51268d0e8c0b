/**
 * `perdure`: finds or starts the server and opens the app. The link signs one browser in, once, within five minutes.
 */
import { Command } from "commander";
import openInBrowser from "open";
import type { Cli } from "../cli.ts";
import { forwardLine, pairingLink, reachableFromOutside, showQrCode } from "../links.ts";
import { reachServer, type Server } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";

export interface OpenFlags extends ServerFlags {
  readonly open: boolean;
}

export function openCommand(cli: Cli): Command {
  const command = new Command("open").description("find or start the server, print a one-time link and open it (the same as no command)");
  return withServerFlags(command)
    .option("--no-open", "do not open a browser")
    .action(async (flags: OpenFlags) => {
      const server = await reachServer(cli, flags);
      const link = pairingLink(server.url, await server.rest.pairingCode());
      introduce(cli, server, link);
      const isReachable = await introducePhone(cli, server);
      sayWhatStays(cli);
      if (!server.isNew) noteFlagsThatComeLate(cli, server.url, flags, isReachable);
      if (flags.open) await openBrowser(cli, link);
    });
}

function introduce(cli: Cli, server: Server, link: string): void {
  const { style } = cli;
  cli.print(`perdure ${server.isNew ? "has started and " : ""}runs at ${style.bold(server.url)}`);
  cli.print(`\n  ${style.bold(link)}\n`);
  if (cli.isRemote)
    cli.print(
      `You are connected by ssh. On your own machine run this, then open the link there:\n\n  ${style.bold(forwardLine(server.url, cli.env))}\n`,
    );
}

/** A link of its own, and its code, where a device in the same network reaches the server. Answers whether one does. */
async function introducePhone(cli: Cli, server: Server): Promise<boolean> {
  const [base] = await reachableFromOutside(server, cli.signal);
  if (base === undefined) return false;
  const link = pairingLink(base, await server.rest.pairingCode());
  cli.print(`For a phone or another machine in this network:\n\n  ${cli.style.bold(link)}\n`);
  showQrCode(link, cli);
  return true;
}

function sayWhatStays(cli: Cli): void {
  const { dim } = cli.style;
  cli.print(dim("A link works once, for five minutes. `perdure pair` makes another, for a phone or a second browser."));
  cli.print(dim("The server goes on in the background. `perdure shutdown` stops it; programs live on until `perdure shutdown --all`."));
}

/** What only a server that is started takes up, and this one was there. */
function noteFlagsThatComeLate(cli: Cli, url: string, { port, listen, allowHost }: OpenFlags, isReachable: boolean): void {
  const isOther = port !== undefined && Number(port) !== 0 && Number(port) !== Number(new URL(url).port);
  const late = [
    ...(isOther ? ["--port"] : []),
    ...(listen === undefined || isReachable ? [] : ["--listen"]),
    ...(allowHost === undefined ? [] : ["--allow-host"]),
  ];
  if (late.length === 0) return;
  cli.note(
    `The server ran already: ${late.join(", ")} counts when one is started. \`perdure shutdown\` ends it, and no program; then try again.`,
  );
}

/** Opens a browser where there is one to see. That it did not open is no failure: the link is printed. */
export async function openBrowser(cli: Cli, link: string): Promise<void> {
  if (!hasBrowser(cli)) return;
  try {
    const child = await openInBrowser(link);
    child.once("error", () => undefined);
    child.unref();
  } catch {
    cli.note("No browser could be opened; use the link.");
  }
}

function hasBrowser(cli: Cli): boolean {
  if (!cli.isInteractive || cli.isRemote) return false;
  if (process.platform === "darwin") return true;
  return Boolean(cli.env["DISPLAY"] ?? cli.env["WAYLAND_DISPLAY"] ?? cli.env["WSL_DISTRO_NAME"]);
}
