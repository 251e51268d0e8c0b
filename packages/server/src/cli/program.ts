/**
 * The command line as a whole: every verb, in the order in which `perdure help` lists them.
 */
import { Command, Help, type Option } from "commander";
import { VERSION } from "../platform/version.ts";
import type { Cli } from "./cli.ts";
import { SERVER_FLAGS } from "./server-flags.ts";
import { agentsCommand } from "./verbs/agents.ts";
import { approvalsCommand, approveCommand, rejectCommand } from "./verbs/approvals.ts";
import { askCommand } from "./verbs/ask.ts";
import { attachCommand } from "./verbs/attach.ts";
import { chatCommand } from "./verbs/chat.ts";
import { commandsCommand } from "./verbs/commands.ts";
import { continueCommand, conversationsCommand } from "./verbs/conversations.ts";
import { demoCommand, demoCounterCommand } from "./verbs/demo.ts";
import { devicesCommand, revokeCommand } from "./verbs/devices.ts";
import { endCommand } from "./verbs/end.ts";
import { exportCommand } from "./verbs/export.ts";
import { logsCommand } from "./verbs/logs.ts";
import { lsCommand } from "./verbs/ls.ts";
import { openCommand } from "./verbs/open.ts";
import { pairCommand } from "./verbs/pair.ts";
import { renameCommand } from "./verbs/rename.ts";
import { rmCommand } from "./verbs/rm.ts";
import { runCommand } from "./verbs/run.ts";
import { screenCommand } from "./verbs/screen.ts";
import { sendCommand } from "./verbs/send.ts";
import { serveCommand } from "./verbs/serve.ts";
import { shutdownCommand } from "./verbs/shutdown.ts";
import { startCommand } from "./verbs/start.ts";
import { statusCommand } from "./verbs/status.ts";
import { recoverCommand, stopCommand } from "./verbs/stop.ts";
import { tokenCommand } from "./verbs/token.ts";
import { waitCommand } from "./verbs/wait.ts";

const AFTER_HELP = `
  perdure claude            run a program that outlives this terminal; flags after its name are its own
  perdure attach            return to the session last used here
  perdure chat              talk with the agent last used here; --agent ID begins a conversation
  perdure ask TEXT          ask it one thing and print the answer
  perdure                   start or find the server and open it in a browser

Exit codes: 0 done, 1 failed, 2 usage, 3 no server runs, 4 unknown session, 5 not in its present state,
6 answer interrupted, 7 turn failed, 8 the agent asks, 9 the message waits for a decision, 124 timeout,
126 and 127 the program cannot be run or found, 128 + n ended by signal n; \`run\` and \`attach\` pass the program's own on.`;

const LAST_HEADING = "Server and devices:";

/** Builds the parser. `release`: gives the process back before the server takes it over (\`serve\`). */
export function buildProgram(cli: Cli, release: () => void): Command {
  const program = new Command("perdure")
    .description("Keeps work with coding agents alive: close the laptop, lose the network, kill the server; your program keeps working.")
    .usage("[command] [flags]   or   perdure [flags] <program> [arguments]")
    .version(VERSION, "-V, --version")
    .addHelpText("after", AFTER_HELP)
    .enablePositionalOptions()
    .addHelpCommand(new Command("help").argument("[command]").description("explain a command").helpGroup(LAST_HEADING))
    .configureHelp({ groupItems: withServerFlagsLast })
    .showHelpAfterError("`perdure help` lists the commands.")
    .configureOutput({
      writeOut: (text) => cli.output.write(text),
      writeErr: (text) => cli.errors.write(text.replace(/^error: /, "perdure: ")),
    })
    .exitOverride();
  for (const verb of verbs(cli, release)) {
    program.addCommand(verb.copyInheritedSettings(program));
    for (const part of verb.commands) part.copyInheritedSettings(program);
  }
  return program.addCommand(demoCounterCommand(cli), { hidden: true });
}

/** What every command has stands behind what this one has. */
function withServerFlagsLast<Item extends Command | Option>(
  this: Help,
  all: Item[],
  visible: Item[],
  headingOf: (item: Item) => string,
): Map<string, Item[]> {
  const groups = Help.prototype.groupItems.call(this, all, visible, headingOf as (item: Command | Option) => string) as Map<string, Item[]>;
  const flags = groups.get(SERVER_FLAGS);
  if (flags !== undefined && groups.delete(SERVER_FLAGS)) groups.set(SERVER_FLAGS, flags);
  return groups;
}

/** In the order of the help, under its headings. */
function verbs(cli: Cli, release: () => void): readonly Command[] {
  return [
    ...under("Begin and return:", [openCommand(cli), runCommand(cli), attachCommand(cli), chatCommand(cli), askCommand(cli)]),
    ...under("Sessions:", sessionVerbs(cli)),
    ...under("Agents:", agentVerbs(cli)),
    ...under(LAST_HEADING, serverVerbs(cli, release)),
  ];
}

function under(heading: string, commands: readonly Command[]): readonly Command[] {
  return commands.map((command) => command.helpGroup(heading));
}

function sessionVerbs(cli: Cli): readonly Command[] {
  return [
    lsCommand(cli),
    startCommand(cli),
    endCommand(cli),
    renameCommand(cli),
    rmCommand(cli),
    logsCommand(cli),
    exportCommand(cli),
    screenCommand(cli),
    commandsCommand(cli),
    sendCommand(cli),
    waitCommand(cli),
  ];
}

function agentVerbs(cli: Cli): readonly Command[] {
  return [
    approvalsCommand(cli),
    approveCommand(cli),
    rejectCommand(cli),
    stopCommand(cli),
    recoverCommand(cli),
    agentsCommand(cli),
    conversationsCommand(cli),
    continueCommand(cli),
  ];
}

function serverVerbs(cli: Cli, release: () => void): readonly Command[] {
  return [
    pairCommand(cli),
    devicesCommand(cli),
    revokeCommand(cli),
    tokenCommand(cli),
    statusCommand(cli),
    shutdownCommand(cli),
    serveCommand(cli, release),
    demoCommand(cli),
  ];
}

/** The words that are perdure's own. */
export function verbsOf(program: Command): readonly string[] {
  return [...program.commands.flatMap((command) => [command.name(), ...command.aliases()]), "help"];
}
