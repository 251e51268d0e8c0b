/**
 * What a client sees of a session and of its runs (PROTOCOL §4). States are unions, so that a field of one state cannot be
 * read in another.
 */
import * as z from "zod/mini";

const time = z.number();

/** `pty`: a terminal. `pipe`: stdin and stdout are pipes. Views follow the kind. */
export const RunKind = z.enum(["pty", "pipe"]);
export type RunKind = z.infer<typeof RunKind>;

/** Why a run is lost: nobody could see it end. Shown to the user in words. */
export const LostReason = z.enum([
  "host-died",
  "host-died-exit-unknown",
  "rebooted",
  "power-cut",
  "never-started",
  "host-state-missing",
  /** It was a function in the server itself. */
  "server-ended",
]);
export type LostReason = z.infer<typeof LostReason>;

/** One life of a program. Times are milliseconds since 1970. */
export const RunState = z.discriminatedUnion("is", [
  z.object({ is: z.literal("starting"), at: time }),
  z.object({ is: z.literal("running"), pid: z.number(), at: time }),
  z.object({ is: z.literal("exited"), code: z.nullable(z.number()), signal: z.nullable(z.string()), at: time }),
  z.object({ is: z.literal("lost"), reason: LostReason, at: time }),
  z.object({ is: z.literal("failed"), code: z.string(), message: z.string(), at: time }),
]);
export type RunState = z.infer<typeof RunState>;

/** A run as a client sees it. `number` counts from 1 within the session and is what input frames name. */
export const RunInfo = z.object({
  id: z.string(),
  number: z.number(),
  kind: RunKind,
  state: RunState,
});
export type RunInfo = z.infer<typeof RunInfo>;

/** Why a session wants a look: it rang, notified, its program has ended, or its agent has answered or asks. Cleared by looking at it. */
export const Attention = z.object({
  reason: z.enum(["bell", "notification", "exit", "answer", "approval", "question"]),
  text: z.optional(z.string()),
  at: time,
});
export type Attention = z.infer<typeof Attention>;

/** One who views a session now. */
export const Watcher = z.object({
  kind: z.enum(["web", "cli", "library"]),
  name: z.string(),
  visible: z.boolean(),
  since: time,
  /** It sets the size and the colours. */
  controls: z._default(z.boolean(), false),
});
export type Watcher = z.infer<typeof Watcher>;

/** What a list shows of a conversation with an agent, without opening it. */
export const ChatSummary = z.object({
  agent: z.string(),
  /** The agent's own id of the conversation. */
  resumeId: z.nullable(z.string()),
  /** How the current run is seen: as a chat, or as the agent's own terminal program. */
  view: z.enum(["chat", "terminal"]),
  /** `asleep`: no run; the next message starts one. `asking`: an approval is open. */
  state: z.enum(["starting", "idle", "working", "asking", "asleep"]),
  model: z.nullable(z.string()),
  messages: z.number(),
  queued: z.number(),
  approvals: z.number(),
  /** Messages about which the user has to decide. */
  undecided: z.number(),
  title: z.string(),
  preview: z.string(),
  tokens: z.number(),
  costUsd: z.number(),
});
export type ChatSummary = z.infer<typeof ChatSummary>;

/** A session as a client sees it. `cursor` is the committed end of its output. */
export const SessionInfo = z.object({
  id: z.string(),
  name: z.string(),
  command: z.array(z.string()),
  cwd: z.string(),
  createdAt: time,
  lastActivityAt: time,
  run: RunInfo,
  size: z.object({ cols: z.number(), rows: z.number() }),
  watchers: z.array(Watcher),
  attention: z.nullable(Attention),
  title: z.string(),
  cursor: z.string(),
  /** What the user should know about the history, newest last: trimmed, cut by a power loss, recovered from a damaged file. */
  notices: z.array(z.object({ at: time, text: z.string() })),
  /** Of a session with an agent that perdure knows. */
  chat: z._default(z.nullable(ChatSummary), null),
});
export type SessionInfo = z.infer<typeof SessionInfo>;

/** The first word of the command of a session whose agent is a function in the server itself. */
export const IN_PROCESS_COMMAND = "perdure-function";

/** Its agent ends with the server, unlike programs, which outlive it. */
export function endsWithServer({ command, chat }: Pick<SessionInfo, "command" | "chat">): boolean {
  return chat !== null && command[0] === IN_PROCESS_COMMAND;
}

/** Is there a program that can take input now? */
export function isAlive(state: RunState): boolean {
  return state.is === "starting" || state.is === "running";
}
