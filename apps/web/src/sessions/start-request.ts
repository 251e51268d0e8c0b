/** What was filled in to start a session, as the request that it is. */
import type { CreateSession, SessionInfo } from "@perdure/protocol";
import { splitCommand } from "./split-command.ts";

export interface StartFields {
  readonly command: string;
  readonly cwd: string;
  readonly name: string;
  /** Of an agent. */
  readonly view: "chat" | "terminal";
  readonly model: string;
}

export const EMPTY_START: StartFields = { command: "", cwd: "", name: "", view: "chat", model: "" };

/** `undefined`: the command is not finished. */
export function commandRequest(start: StartFields): CreateSession | undefined {
  const split = splitCommand(start.command);
  if (split.is === "unfinished") return undefined;
  return { ...(split.is === "shell" ? {} : { command: [...split.words] }), ...placed(start) };
}

export function agentRequest(agent: string, start: StartFields): CreateSession {
  const model = start.model.trim();
  return { agent: { agent, view: start.view, ...(model === "" ? {} : { model }) }, ...placed(start) };
}

/** Models that conversations with this agent use. */
export function knownModels(sessions: readonly SessionInfo[], agent: string): readonly string[] {
  const models = sessions.flatMap(({ chat }) => (chat?.agent === agent && chat.model !== null ? [chat.model] : []));
  return [...new Set(models)].toSorted();
}

function placed({ cwd, name }: StartFields): Pick<CreateSession, "cwd" | "name"> {
  return { ...(cwd.trim() === "" ? {} : { cwd: cwd.trim() }), ...(name.trim() === "" ? {} : { name: name.trim() }) };
}
