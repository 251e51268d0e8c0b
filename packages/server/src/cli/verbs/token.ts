/** `perdure token`: the credential of this machine's command line, and the URL, for scripts. */
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { reachServer } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";

export function tokenCommand(cli: Cli): Command {
  const command = new Command("token").description("print a bearer token for scripts (keep it secret)");
  return withServerFlags(command)
    .option("--json", 'one JSON object: {"url", "token"}')
    .action(async (flags: ServerFlags & { readonly json?: true }) => {
      const { url, token } = await reachServer(cli, flags);
      if (flags.json) return cli.printJson({ url, token });
      cli.print(token);
    });
}
