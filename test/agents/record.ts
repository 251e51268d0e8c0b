// Records a conversation with a real agent for the drivers' acceptance suite: the agent's launch and driver over real pipes against the
// made-up model, told what a script says, written as one JSON object a line.
//
//   node --conditions=@perdure/source test/agents/record.ts <agent> <file> <step>…
//
// Steps: a text is a message and the end of its turn is waited for; `allow: <text>` and `deny: <text>` answer what it asks for;
// `interrupt: <text>` interrupts behind its first words; `kill: <text>` ends the agent there; `!set-mode <id>`, `!set-model <id>`.

import { writeFileSync } from "node:fs";
import path from "node:path";
import type { DriverEvent } from "@perdure/protocol";
import { knownAgents } from "../../packages/server/src/agents/agents.ts";
import type { Recording } from "../../packages/server/src/agents/acceptance.ts";
import type { AgentRun } from "./agent-run.ts";
import { FakeModel } from "./fake-model.ts";
import { agentPackages, install } from "./install.ts";
import { Lab } from "./lab.ts";
import { makeScratchHome } from "./scratch-home.ts";

/** What differs from machine to machine and from run to run is made the same. */
export function writeRecording(file: string, recording: Recording, places: Readonly<Record<string, string>>): void {
  const { inputs, ...head } = recording;
  const readable = inputs.map((input) => {
    if (input.is !== "output" || !("bytes" in input)) return input;
    const bytes = Buffer.from(input.bytes, "base64");
    const text = bytes.toString();
    return Buffer.from(text).equals(bytes) ? { is: input.is, time: input.time, text } : input;
  });
  const lines = [head, ...readable].map((line) => JSON.stringify(line)).join("\n");
  const clean = Object.entries(places).reduce((text, [from, to]) => text.replaceAll(from, to), lines);
  writeFileSync(file, `${clean}\n`);
}

export async function playStep(run: AgentRun, step: string): Promise<void> {
  const [, kind = "", words = step] = /^(allow|deny|interrupt|kill|!set-mode|!set-model):? (.*)$/s.exec(step) ?? [];
  if (kind === "!set-mode") return run.command({ is: "set-mode", mode: words });
  if (kind === "!set-model") return run.command({ is: "set-model", model: words });
  const heard = kind === "" ? null : run.next("what the step waits for", (event) => isAwaited(event, kind));
  const ended = run.prompt(words);
  heard?.catch(() => undefined);
  const event = heard === null ? null : await Promise.race([heard, ended]);
  if (event?.type === "turn.ended") throw new Error(`the turn ended without what "${step}" waits for`);
  if (event?.type === "approval.requested") {
    const option = event.options.find((each) => each.kind === (kind === "allow" ? "allow-once" : "reject-once"));
    run.command({ is: "answer", approval: event.approval, option: option?.id ?? "" });
  } else if (kind === "interrupt") run.command({ is: "interrupt" });
  else if (kind === "kill") run.kill();
  await ended;
}

function isAwaited(event: DriverEvent, kind: string): boolean {
  if (kind === "allow" || kind === "deny") return event.type === "approval.requested";
  return event.type === "part.delta";
}

if (import.meta.main) {
  const [name = "", file = "", ...steps] = process.argv.slice(2);
  const agent = knownAgents().find(({ id }) => id === name);
  const wanted = agentPackages.find((each) => each.agent === name);
  if (!agent || !wanted || file === "") throw new Error("usage: record.ts <agent> <file> <step>…");
  const installed = await install(wanted);
  if (!installed.ok) throw new Error(installed.reason);
  const model = await FakeModel.start();
  const home = makeScratchHome(model.url, { [agent.program ?? name]: installed.program });
  const lab = await Lab.open(agent, home);
  const run = await lab.ready();
  for (const step of steps) await playStep(run, step);
  await run.close();
  writeRecording(file, run.recording, {
    [home.cwd]: "/home/user/work",
    [home.home]: "/home/user",
    [path.dirname(home.home)]: "/home/user",
    [home.cwd.replaceAll(/[^a-zA-Z0-9]/g, "-")]: "-home-user-work",
    [model.url]: "http://127.0.0.1:1",
  });
  await lab.close();
  await model.close();
  process.exit(0);
}
