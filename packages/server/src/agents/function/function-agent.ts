/** A function of the embedder as an agent of perdure. */
import { PerdureError } from "@perdure/protocol";
import type { Agent, FoundAgent } from "../agent.ts";
import { IN_PROCESS_COMMAND } from "../in-process.ts";
import { functionDriver } from "./driver.ts";
import type { FunctionAgentOptions } from "./function-parts.ts";
import { FunctionRun } from "./function-run.ts";

const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
const MAX_NAME = 100;

/**
 * Makes an agent of a function. It runs on the server's own event loop: work that computes for long belongs into a worker of its own.
 * One call for a session at a time; messages that come meanwhile queue. Throws a `PerdureError` (`bad-request`) for an id or a name
 * that cannot be used.
 */
export function functionAgent(options: FunctionAgentOptions): Agent {
  const { id, name, resumes = false, version = null } = options;
  if (!ID.test(id))
    throw new PerdureError("bad-request", `"${id}" is no id of an agent: use lower case letters, digits and dashes, at most 64.`);
  if (name.trim() === "" || name.length > MAX_NAME)
    throw new PerdureError("bad-request", `The name of "${id}" must have 1 to ${MAX_NAME} characters.`);
  const found: FoundAgent = { is: "found", path: "(a function of this server)", version, signIn: "signed-in" };
  return {
    id,
    name,
    program: null,
    howToGet: "It comes with the program that starts this server.",
    driver: functionDriver({ resumes }),
    inProcess: { begin: (place) => new FunctionRun(options, place) },
    knowsInputs: resumes,
    find: async () => found,
    // The conversation is perdure's own transcript: it is as long there as the session is.
    chat: ({ resumeId, newId }) => ({ command: [IN_PROCESS_COMMAND, id], env: {}, pinned: resumeId ?? newId }),
    validate: async () => ({ is: "ok" }),
    terminal: () => null,
    conversations: async () => [],
    history: async () => null,
    classify: () => null,
    watchTerminal: async () => null,
  };
}
