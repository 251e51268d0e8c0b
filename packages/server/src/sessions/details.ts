/**
 * What the sessions layer keeps in the opaque columns of the store: a session's details and a run's state. Written as JSON,
 * parsed once when read; a field that an older release did not write has its default here.
 */
import { Attention, ChatSummary, RunState } from "@perdure/protocol";
import * as z from "zod/mini";

/** What a program got from whoever asked for it, as far as it may be stored: secrets only by name. */
export const StoredEnvironment = z.object({
  values: z.record(z.string(), z.string()),
  /** Names whose values are not stored and are resolved anew for a later run. */
  secretNames: z.array(z.string()),
  umask: z.nullable(z.number()),
});
export type StoredEnvironment = z.infer<typeof StoredEnvironment>;

/** The agent of a session and what the user chose for it. */
export const AgentDetails = z.object({
  id: z.string(),
  view: z.enum(["chat", "terminal"]),
  model: z.nullable(z.string()),
  mode: z.nullable(z.string()),
  flags: z.array(z.string()),
  /** The agent's program as it was typed; `null`: the one that is found. */
  program: z._default(z.nullable(z.string()), null),
  /** A fresh conversation after a lost one is told what was said. */
  usesDigest: z.boolean(),
});
export type AgentDetails = z.infer<typeof AgentDetails>;

/** Each field has a default: the row of a session may have been lost with a damaged file while its history was saved. */
export const SessionDetails = z.object({
  command: z._default(z.array(z.string()), ["(unknown)"]),
  cwd: z._default(z.string(), "/"),
  kind: z._default(z.enum(["pty", "pipe"]), "pty"),
  cols: z._default(z.number(), 80),
  rows: z._default(z.number(), 24),
  title: z._default(z.string(), ""),
  attention: z._default(z.nullable(Attention), null),
  /** Events of the engine before this offset were taken note of. */
  noticedOffset: z._default(z.number(), -1),
  /** The newest incarnation of the stream that was taken note of. */
  noticedIncarnation: z._default(z.number(), 1),
  notices: z._default(z.array(z.object({ at: z.number(), text: z.string() })), []),
  environment: z._default(z.nullable(StoredEnvironment), null),
  agent: z._default(z.nullable(AgentDetails), null),
  chat: z._default(z.nullable(ChatSummary), null),
  /** Why the run that lives is being ended, so that its end is told truthfully by whichever server sees it. */
  askedEnd: z._default(z.nullable(z.object({ run: z.string(), cause: z.string() })), null),
});
export type SessionDetails = z.infer<typeof SessionDetails>;

const StoredRun = z.object({ state: RunState });

export function encodeDetails(details: SessionDetails): string {
  return JSON.stringify(details);
}

/** What cannot be read, in a row of a damaged file, has its default: the history is still somebody's. */
export function decodeDetails(json: string): SessionDetails {
  const parsed = SessionDetails.safeParse(parseJson(json));
  return parsed.success ? parsed.data : SessionDetails.parse({});
}

export function encodeRunState(state: RunState): string {
  return JSON.stringify({ state });
}

export function decodeRunState(json: string): RunState {
  const parsed = StoredRun.safeParse(parseJson(json));
  return parsed.success ? parsed.data.state : { is: "lost", reason: "host-state-missing", at: 0 };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
