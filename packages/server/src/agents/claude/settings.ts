/**
 * What claude answers to our own requests: what can be chosen, what is chosen.
 */
import type { Choice } from "@perdure/protocol";
import type { AskedRequest, Work } from "./state.ts";
import { type Fields, fields, type Line, list, string } from "./wire.ts";

const MAX_CHOICES = 500;
const MAX_DESCRIPTION = 300;

const MODES: readonly Choice[] = [
  { id: "default", label: "Ask", description: "Asks before it changes anything" },
  { id: "acceptEdits", label: "Accept edits", description: "Changes files without asking" },
  { id: "plan", label: "Plan", description: "Reads and plans, and changes nothing" },
];
const AUTO_MODE: Choice = { id: "auto", label: "Auto", description: "Decides by itself what must be asked" };

/** The answer to a request of ours. One that nobody waits for means nothing. */
export function requestAnswered(work: Work, { id, error, answer }: Extract<Line, { is: "answer" }>): void {
  const asked = work.state.asked.find((one) => one.id === id);
  if (!asked) return;
  work.set({ asked: work.state.asked.filter((one) => one !== asked) });
  if (error !== null) return refused(work, asked, error);
  switch (asked.what) {
    case "initialize":
      return ready(work, answer);
    case "set-model":
      work.set({ model: asked.value, named: null });
      return work.tell({ type: "agent.settings", model: asked.value });
    case "set-mode":
      return modeIs(work, string(answer["mode"]) || asked.value);
    case "interrupt":
  }
}

function refused(work: Work, { what }: AskedRequest, error: string): void {
  if (what === "initialize") work.fail("protocol", error);
  else if (what !== "interrupt") work.notice("warning", "setting-refused", error);
}

/** Claude is there. What an earlier run may have taken can be sent again: the same id counts once. */
function ready(work: Work, answer: Fields): void {
  if (work.state.readyBy === null) return;
  const models = list(answer["models"]).map(fields).slice(0, MAX_CHOICES);
  const offered = models.map((model) =>
    choice(string(model["value"]), string(model["displayName"]) || string(model["value"]), string(model["description"])),
  );
  const hasAuto = models.some((model) => model["supportsAutoMode"] === true);
  const commands = list(answer["commands"]).map(fields).slice(0, MAX_CHOICES);
  const model = work.state.model ?? (offered.some(({ id }) => id === "default") ? "default" : null);
  const mode = string(answer["current_permission_mode"]) || work.state.mode;
  work.tell({
    type: "agent.settings",
    ...(model === null ? {} : { model }),
    ...(mode === null ? {} : { mode }),
    models: offered,
    modes: hasAuto ? [...MODES, AUTO_MODE] : MODES,
    commands: commands.map(({ name, description }) => choice(string(name), `/${string(name)}`, string(description))),
  });
  for (const input of work.state.doubtful) work.tell({ type: "input.unseen", input });
  const version = string(answer["claude_code_version"]);
  work.tell({ type: "agent.ready", run: work.state.run, ...(version === "" ? {} : { version }) });
  const resolved = models.map((one) => ({ id: string(one["value"]), resolved: string(one["resolvedModel"]) }));
  work.set({ readyBy: null, doubtful: [], model, mode, models: resolved });
}

function choice(id: string, label: string, description: string): Choice {
  return { id, label, ...(description === "" ? {} : { description: description.slice(0, MAX_DESCRIPTION) }) };
}

/** Claude tells it with every turn: it may be another behind `/clear`, and with older claudes behind each resume. */
export function resumeIdIs(work: Work, resumeId: string): void {
  if (resumeId === "" || resumeId === work.state.resumeId) return;
  work.set({ resumeId });
  work.tell({ type: "session.resume-id", resumeId });
}

export function modeIs(work: Work, mode: string): void {
  if (mode === "" || mode === work.state.mode) return;
  work.set({ mode });
  work.tell({ type: "agent.settings", mode });
}

/** Claude tells the full name; what was chosen stays what it is called, as long as it means the same. */
export function modelIs(work: Work, name: string): void {
  const { model, named, models } = work.state;
  if (name === "" || name === named) return;
  work.set({ named: name });
  const meant = models.find(({ id }) => id === model)?.resolved;
  const isChosen = name === model || name === meant || (named === null && model !== null && meant === undefined);
  if (isChosen) return;
  const chosen = models.find(({ resolved }) => resolved === name)?.id ?? name;
  work.set({ model: chosen });
  work.tell({ type: "agent.settings", model: chosen });
}
