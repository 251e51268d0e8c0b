/** `perdure pair`: a one-time link and QR code for another device or browser. */
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { pairingLink, reachableFromOutside, showQrCode } from "../links.ts";
import { reachServer } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";

interface PairFlags extends ServerFlags {
  readonly json?: true;
  readonly url?: string;
}

export function pairCommand(cli: Cli): Command {
  const command = new Command("pair").description("print a one-time link and QR code that sign another device in");
  return withServerFlags(command)
    .option("--url <base>", "how the device reaches this server, such as http://machine.local:7433")
    .option("--json", "one JSON object")
    .action(async (flags: PairFlags) => {
      const asked = flags.url === undefined ? undefined : parseBase(flags.url);
      const server = await reachServer(cli, flags);
      const bases = asked === undefined ? await reachableFromOutside(server, cli.signal) : [asked];
      const code = await server.rest.pairingCode();
      const links = (bases.length > 0 ? bases : [server.url]).map((base) => pairingLink(base, code));
      if (flags.json) return cli.printJson({ links, code: code.code, expiresAt: code.expiresAt });
      const [first = "", ...others] = links;
      if (bases.length > 0) showQrCode(first, cli);
      cli.print(`  ${cli.style.bold(first)}`);
      for (const link of others) cli.print(`  ${link}`);
      cli.print(cli.style.dim("\nIt works once, for five minutes."));
      if (bases.length === 0) explainLoopback(cli, server.url);
    });
}

function explainLoopback(cli: Cli, url: string): void {
  const { port } = new URL(url);
  cli.note(
    `The server listens on this machine only. For a phone in the same network: \`perdure shutdown\`, then \`perdure --listen 0.0.0.0\`.` +
      ` Through a tunnel or a forwarded port ${port}: \`perdure pair --url BASE\`.`,
  );
}

function parseBase(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.origin;
  throw new CommandFailure(EXIT.usage, `--url wants an address like http://machine.local:7433, not "${text}".`);
}
