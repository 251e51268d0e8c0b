/**
 * Models, modes and commands: what the agent offers and what is chosen. Newer agents have *config options*, older ones lists of
 * their own; what is said in either way means the same.
 */
import type { Choice } from "@perdure/protocol";
import { type Fields, fieldsOf, listOf, textOf } from "./fields.ts";
import { type AcpChooser, type AcpStep, choice } from "./state.ts";

interface Offered {
  readonly by: AcpChooser;
  readonly chosen: string | null;
  readonly choices: readonly Choice[];
}

/** What a session begins with, or what an answer to a choice tells anew. */
export function foldSettings(step: AcpStep, result: unknown): void {
  const fields = fieldsOf(result);
  const models = configOption(fields, "model") ?? listed(fieldsOf(fields["models"]), "availableModels", "modelId", "currentModelId");
  const modes = configOption(fields, "mode") ?? listed(fieldsOf(fields["modes"]), "availableModes", "id", "currentModeId");
  if (models === null && modes === null) return;
  step.set({ ...(models ? { modelBy: models.by } : {}), ...(modes ? { modeBy: modes.by } : {}) });
  step.tell({
    type: "agent.settings",
    ...(models ? { models: models.choices, ...(models.chosen === null ? {} : { model: models.chosen }) } : {}),
    ...(modes ? { modes: modes.choices, ...(modes.chosen === null ? {} : { mode: modes.chosen }) } : {}),
  });
}

/** The commands that a message may begin with. */
export function foldCommands(step: AcpStep, update: Fields): void {
  const commands = listOf(update["availableCommands"]).flatMap((one) => {
    const name = textOf(one["name"]);
    return name === null ? [] : [choice(name, `/${name}`, textOf(one["description"]))];
  });
  step.tell({ type: "agent.settings", commands });
}

/** Asks for a model or mode; an agent that offers no choice is not asked. */
export function choose(step: AcpStep, what: "model" | "mode", value: string): void {
  const { session: sessionId, modelBy, modeBy } = step.state;
  const by = what === "model" ? modelBy : modeBy;
  if (by === null || sessionId === null) return step.warn(`This agent has no choice of its ${what}.`);
  const details = { about: `${what}:${value}` };
  if (by.is === "option") {
    step.rpc.request("session/set_config_option", { sessionId, configId: by.config, value }, `set-${what}`, details);
  } else if (what === "model") step.rpc.request("session/set_model", { sessionId, modelId: value }, "set-model", details);
  else step.rpc.request("session/set_mode", { sessionId, modeId: value }, "set-mode", details);
}

/** The agent has chosen what it was asked for. */
export function chosen(step: AcpStep, about: string, result: unknown): void {
  const [what, value] = [about.slice(0, about.indexOf(":")), about.slice(about.indexOf(":") + 1)];
  step.tell(what === "model" ? { type: "agent.settings", model: value } : { type: "agent.settings", mode: value });
  foldSettings(step, result);
}

function configOption(fields: Fields, category: "model" | "mode"): Offered | null {
  const option = listOf(fields["configOptions"]).find((one) => one["category"] === category && one["type"] === "select");
  const config = option && textOf(option["id"]);
  if (!option || !config) return null;
  const choices = listOf(option["options"])
    .flatMap((one) => (Array.isArray(one["options"]) ? listOf(one["options"]) : [one]))
    .flatMap((one) => {
      const value = textOf(one["value"]);
      return value === null ? [] : [choice(value, textOf(one["name"]), textOf(one["description"]))];
    });
  return { by: { is: "option", config }, chosen: textOf(option["currentValue"]), choices };
}

function listed(fields: Fields, list: string, idField: string, chosenField: string): Offered | null {
  const choices = listOf(fields[list]).flatMap((one) => {
    const id = textOf(one[idField]);
    return id === null ? [] : [choice(id, textOf(one["name"]), textOf(one["description"]))];
  });
  return choices.length === 0 ? null : { by: { is: "method" }, chosen: textOf(fields[chosenField]), choices };
}
