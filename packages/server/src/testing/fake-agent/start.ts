/**
 * What goes wrong before the agent says anything, by `FAKE_AGENT_START`: `hang` (says nothing for ever), `garbage` (a line that is none),
 * `exit <code>` (ends at once), `exit-in-line <code>` (ends in the middle of a line). With `FAKE_AGENT_STARTED` naming a file, that
 * happens only if the file is not there yet: the next start is a good one.
 */
import { existsSync, writeFileSync } from "node:fs";
import { untilAborted } from "./telling.ts";
import { complain, printRaw } from "./output.ts";

export async function misbehaveAtStart(): Promise<void> {
  const [what, code] = (process.env["FAKE_AGENT_START"] ?? "").split(" ");
  const once = process.env["FAKE_AGENT_STARTED"];
  if (once !== undefined) {
    if (existsSync(once)) return;
    writeFileSync(once, "");
  }
  if (what === "garbage") printRaw("starting up, please wait\n{not json}\n");
  if (what === "exit-in-line") printRaw('{"type":"syst');
  if (what === "exit") complain("made-up failure at the start");
  if (what === "exit" || what === "exit-in-line") process.exit(Number(code ?? 1));
  if (what !== "hang") return;
  setInterval(() => undefined, 60_000);
  await untilAborted(new AbortController().signal);
}
