/**
 * `perdure agents`: the agents that perdure knows, whether they are here, and how to get those that are not. `perdure agents add`
 * and `remove` change the setting with the user's own ones.
 */
import { Command } from "commander";
import type { AgentInfo } from "@perdure/protocol";
import { agentsFile, readRegistered, register } from "../../agents/registered-agents.ts";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { reachServer } from "../server.ts";
import { homeOf, withServerFlags, type ServerFlags } from "../server-flags.ts";
import { plainText, tableLines, type Column } from "../table.ts";

const SIGN_IN: Readonly<Record<AgentInfo["signIn"], string>> = { "signed-in": "yes", "signed-out": "no", unknown: "not known" };

export function agentsCommand(cli: Cli): Command {
  const command = new Command("agents").description("list the agents: found or not, version, signed in, how to get them");
  return withServerFlags(command)
    .option("--json", "one JSON array")
    .enablePositionalOptions()
    .action(async (flags: ServerFlags & { readonly json?: true }) => {
      const server = await reachServer(cli, flags);
      const agents = await server.rest.agents(cli.cwd);
      for (const problem of readRegistered(agentsFile(server.home.directory)).problems) cli.note(plainText(problem));
      if (flags.json) return cli.printJson(agents);
      for (const line of tableLines(columns(cli), agents, cli.style.dim)) cli.print(line);
    })
    .addCommand(addCommand(cli))
    .addCommand(removeCommand(cli));
}

interface AddFlags {
  readonly home?: string;
  readonly name?: string;
  readonly env?: readonly (readonly [name: string, value: string])[];
  readonly howToGet?: string;
}

function addCommand(cli: Cli): Command {
  return new Command("add")
    .description("register a command that speaks the Agent Client Protocol; the same id again replaces it. Flags stand before the id")
    .argument("<id>", "its id here")
    .argument("<command...>", "the program, and the arguments that make it speak ACP")
    .option("--home <directory>", "state directory (PERDURE_HOME)")
    .option("--name <name>", "its name for people")
    .option("--env <NAME=value>", "a variable for it; repeatable", variable)
    .option("--how-to-get <text>", "what is said where its program is missing")
    .passThroughOptions()
    .action((id: string, words: readonly string[], { name, env, howToGet, ...flags }: AddFlags) => {
      if (words[0]?.startsWith("-")) {
        throw new CommandFailure(
          EXIT.usage,
          `Flags of perdure stand before the id; behind it comes the command, not "${plainText(words[0])}".`,
        );
      }
      register(agentsFile(homeOf(flags, cli.env).directory), id, {
        ...(name === undefined ? {} : { name }),
        command: [...words],
        ...(env === undefined ? {} : { env: Object.fromEntries(env) }),
        ...(howToGet === undefined ? {} : { howToGet }),
      });
      cli.note(`${id} is registered: perdure chat --agent ${id}`);
    });
}

function removeCommand(cli: Cli): Command {
  return new Command("remove")
    .description("take a registered command out; its conversations stay")
    .argument("<id>")
    .option("--home <directory>", "state directory (PERDURE_HOME)")
    .action((id: string, flags: { readonly home?: string }) => {
      register(agentsFile(homeOf(flags, cli.env).directory), id, null);
      cli.note(`${id} is no longer registered.`);
    });
}

function variable(word: string, before: AddFlags["env"] = []): AddFlags["env"] {
  const at = word.indexOf("=");
  if (at < 1) throw new CommandFailure(EXIT.usage, `--env wants NAME=value, not "${plainText(word)}".`);
  return [...before, [word.slice(0, at), word.slice(at + 1)]];
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
