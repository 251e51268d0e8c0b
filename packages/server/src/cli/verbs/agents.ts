/** `perdure agents`: the agents that perdure knows, whether they are here, and how to get those that are not. */
import { Command } from "commander";
import type { AgentInfo } from "@perdure/protocol";
import type { Cli } from "../cli.ts";
import { reachServer } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { tableLines, type Column } from "../table.ts";

const SIGN_IN: Readonly<Record<AgentInfo["signIn"], string>> = { "signed-in": "yes", "signed-out": "no", unknown: "not known" };

export function agentsCommand(cli: Cli): Command {
  const command = new Command("agents").description("list the agents: found or not, version, signed in, how to get them");
  return withServerFlags(command)
    .option("--json", "one JSON array")
    .action(async (flags: ServerFlags & { readonly json?: true }) => {
      const agents = await (await reachServer(cli, flags)).rest.agents(cli.cwd);
      if (flags.json) return cli.printJson(agents);
      for (const line of tableLines(columns(cli), agents, cli.style.dim)) cli.print(line);
    });
}

function columns({ style }: Cli): readonly Column<AgentInfo>[] {
  return [
    { title: "ID", text: ({ id }) => id, paint: (text, { found }) => (found ? style.bold(text) : style.dim(text)) },
    { title: "NAME", text: ({ name }) => name },
    { title: "VERSION", text: ({ found, version }) => (found ? (version ?? "not known") : "not found"), maxWidth: 30 },
    { title: "SIGNED IN", text: ({ found, signIn }) => (found ? SIGN_IN[signIn] : "-") },
    { title: "WHERE, OR HOW TO GET IT", text: ({ found, path, howToGet }) => (found ? (path ?? "") : howToGet) },
  ];
}
