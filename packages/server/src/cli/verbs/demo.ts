/**
 * `perdure demo`: kills and cuts what is dearest to it, and counts what is left. In a state directory of its own, removed
 * afterwards.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import type { Cli } from "../cli.ts";
import { ACTS, isKept, perform, type Act } from "../demo/acts.ts";
import { count } from "../demo/counter.ts";
import { Demo } from "../demo/demo.ts";
import { runMenu } from "../demo/menu.ts";
import { asJson, report } from "../demo/report.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { forwardLine, pairingLink } from "../links.ts";
import { openBrowser } from "./open.ts";

interface DemoFlags {
  readonly act?: readonly Act[];
  readonly json?: true;
  readonly open: boolean;
}

export function demoCommand(cli: Cli): Command {
  return new Command("demo")
    .description("kill the server, cut the network, kill everything, and count the lines that were lost")
    .addOption(new Option("--act <act>", `do this and end: ${ACTS.join(", ")}; repeatable`).argParser(collectAct))
    .option("--json", "with --act: one JSON object a line; exit code 1 if a promise was broken")
    .option("--no-open", "do not open a browser")
    .action(async (flags: DemoFlags) => {
      if (flags.act === undefined && !cli.isInteractive) {
        throw new CommandFailure(EXIT.usage, `Without a terminal say what to do: --act ${ACTS.join("|")}.`);
      }
      const demo = await Demo.open(cli);
      try {
        if (flags.act === undefined) await interact(cli, demo, flags);
        else await performAll(cli, demo, flags.act, flags.json === true);
      } finally {
        await demo.close();
      }
    });
}

/** The program that the demo runs; of no use to anybody else. */
export function demoCounterCommand(cli: Cli): Command {
  return new Command("demo-counter").argument("<file>").action((file: string) => count(file, (line) => cli.print(line)));
}

async function interact(cli: Cli, demo: Demo, flags: DemoFlags): Promise<void> {
  const link = pairingLink(demo.relay.url, await demo.server.rest.pairingCode(), `/s/${demo.session.id}`);
  cli.print("A program is counting. This terminal and the page watch it, behind a network that can be cut:\n");
  cli.print(`  ${cli.style.bold(link)}`);
  if (cli.isRemote) cli.print(`\nOn your own machine: ${forwardLine(demo.relay.url, cli.env)}`);
  if (flags.open) await openBrowser(cli, link);
  await runMenu(cli, demo);
}

async function performAll(cli: Cli, demo: Demo, acts: readonly Act[], isJson: boolean): Promise<void> {
  await demo.until(() => demo.seen.length > 0, "the first line");
  for (const act of acts) {
    const result = await perform(cli, demo, act);
    if (isJson) cli.printJson(asJson(result));
    else report(cli, result);
    if (!isKept(result)) cli.exitCode = EXIT.failed;
  }
}

function collectAct(value: string, before: readonly Act[] | undefined): readonly Act[] {
  const act = ACTS.find((each) => each === value);
  if (act === undefined) throw new InvalidArgumentError(`Choose from ${ACTS.join(", ")}.`);
  return [...(before ?? []), act];
}
