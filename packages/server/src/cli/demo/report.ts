/** The demo's results in words and as JSON. */
import type { Cli } from "../cli.ts";
import type { Style } from "../style.ts";
import { isKept, type Act, type ActResult } from "./acts.ts";
import type { Comparison } from "./compare.ts";

const DONE: Readonly<Record<Act, string>> = {
  server: "The server was killed (SIGKILL) and started again.",
  network: "The network was cut for three seconds.",
  everything: "The server, the host and the program were killed (SIGKILL) at once.",
};

export function report(cli: Cli, result: ActResult): void {
  const { style } = cli;
  const { before, after, history, viewer } = result;
  cli.print(style.bold(DONE[result.act]));
  const row = (name: string, text: string) => cli.print(`  ${name.padEnd(18)}${text}`);
  row("lines printed", String(history.printed));
  row("lost", `${amount(style, history.lost.length)} in the history, ${amount(style, viewer.lost.length)} on the screen`);
  row("doubled", `${amount(style, history.doubled.length)} in the history, ${amount(style, viewer.doubled.length)} on the screen`);
  row("program pid", change(before.program, after.program));
  row("server pid", change(before.server, after.server));
  row("host pid", change(before.host, after.host));
  row("away", `${(result.awayMs / 1000).toFixed(1)} s`);
  if (result.isNewRun) explainLoss(cli, result);
}

/** Nobody can keep a program alive that was killed: what was kept all the same, and what was not. */
function explainLoss(cli: Cli, { history }: ActResult): void {
  cli.print("  Kept: the session, its name and address, and every line that perdure had read.");
  const lines = history.lost.length === 1 ? "1 line that it" : `${history.lost.length} lines that it`;
  const unread = history.lost.length === 0 ? "" : `, and ${lines} had counted and nobody had read yet`;
  cli.print(`  Lost: the program itself, with all it had in memory${unread}. A new run goes on in the same session.`);
}

function amount(style: Style, number: number): string {
  return number === 0 ? style.green("0") : style.red(String(number));
}

function change(before: number | undefined, after: number | undefined): string {
  return before === after ? `${before ?? "-"} (the same)` : `${before ?? "-"} → ${after ?? "-"}`;
}

/** One object for scripts. */
export function asJson(result: ActResult): object {
  const { act, awayMs, before, after, history, viewer, isNewRun } = result;
  return { act, kept: isKept(result), awayMs, before, after, newRun: isNewRun, history: counts(history), viewer: counts(viewer) };
}

function counts({ printed, seen, lost, doubled, misplaced }: Comparison): object {
  return { printed, seen, lost: lost.length, doubled: doubled.length, misplaced };
}
