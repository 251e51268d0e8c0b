/**
 * Passes what this shell has along for the next run of a session: values of secrets are not kept, so an agent that sleeps would wake
 * without those that only a shell sets. The server takes what the session had when it was made, and nothing else.
 */
import { currentRun } from "@perdure/protocol";
import type { Cli } from "../cli.ts";
import { runContext } from "../program-context.ts";
import type { Chatting } from "./chatting.ts";

const ANSWER_MS = 5000;

/** Does nothing while the agent runs. That it does not succeed is no failure: the agent then says what it lacks. */
export async function passAlong({ session, rest, cli, link, signal }: Chatting): Promise<void> {
  if (link.conversation && currentRun(link.conversation) !== null) return;
  await passTo(rest(), session.id, cli, signal);
}

/** The same without a conversation at hand. */
export async function passTo(rest: ReturnType<Chatting["rest"]>, session: string, cli: Cli, signal: AbortSignal): Promise<void> {
  const variables = runContext(cli).environment?.variables ?? {};
  await rest.offerEnvironment(session, variables, { signal, timeoutMs: ANSWER_MS }).catch(() => []);
}
