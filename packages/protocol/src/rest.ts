/**
 * Bodies of the HTTP interface (PROTOCOL §9). Answers carry the same types; errors are {@link ErrorBody} with an HTTP status.
 */
import * as z from "zod/mini";
import { RunKind, SessionInfo } from "./session.ts";

const size = z.number().check(z.int(), z.minimum(1), z.maximum(4096));
const MAX_NAME = 200;
const nameLength = `a name has 1 to ${MAX_NAME} characters`;
/** On one line, and read in the order in which it is written: it stands in lists, titles and terminals. */
const name = z.string().check(z.overwrite(tidyName), z.minLength(1, nameLength), z.maxLength(MAX_NAME, nameLength));

function tidyName(given: string): string {
  return given.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ").trim();
}

/** What the system can hand to a program: no zero byte. */
const text = z.string().check(z.regex(/^[^\0]*$/, "it holds a zero byte"));
const variableName = z.string().check(z.regex(/^[^=\0]+$/, "this is no name of a variable"));

/** What a program gets from whoever asked for it. A web page sends none: then it is the login shell's, read once. */
export const RequesterEnvironment = z.object({
  variables: z.record(variableName, text),
  umask: z.optional(z.number().check(z.int(), z.minimum(0), z.maximum(0o777))),
});
export type RequesterEnvironment = z.infer<typeof RequesterEnvironment>;

/** An agent that perdure knows, and how it is to be used. */
export const AgentRequest = z.object({
  agent: text.check(z.minLength(1), z.maxLength(64)),
  view: z.optional(z.enum(["chat", "terminal"])),
  model: z.optional(text.check(z.minLength(1), z.maxLength(200))),
  mode: z.optional(text.check(z.minLength(1), z.maxLength(200))),
  /** The agent's own flags, passed untouched. */
  flags: z.optional(z.array(text).check(z.maxLength(256))),
  /** A conversation that was begun elsewhere and goes on here. */
  resumeId: z.optional(text.check(z.minLength(1), z.maxLength(512))),
  /** After a lost conversation the fresh one is told what was said. Default true. */
  digest: z.optional(z.boolean()),
});
export type AgentRequest = z.infer<typeof AgentRequest>;

/** `POST /api/sessions`, with an `Idempotency-Key` header. No command: the login shell. No cwd: the home directory. */
export const CreateSession = z.object({
  /** In the place of a command. */
  agent: z.optional(AgentRequest),
  command: z.optional(z.array(text).check(z.minLength(1), z.maxLength(4096))),
  cwd: z.optional(text.check(z.minLength(1), z.maxLength(4096))),
  name: z.optional(name),
  kind: z.optional(RunKind),
  cols: z.optional(size),
  rows: z.optional(size),
  environment: z.optional(RequesterEnvironment),
});
export type CreateSession = z.infer<typeof CreateSession>;

/** `POST /api/sessions/:id/runs`: a new run in the same session, when no run is alive. Idempotency-Key as above. */
export const StartRun = z.object({
  /** Of a session with an agent: how the new run is seen. */
  view: z.optional(z.enum(["chat", "terminal"])),
  cols: z.optional(size),
  rows: z.optional(size),
  environment: z.optional(RequesterEnvironment),
});
export type StartRun = z.infer<typeof StartRun>;

/** `PATCH /api/sessions/:id`. */
export const RenameSession = z.object({ name });
export type RenameSession = z.infer<typeof RenameSession>;

/** `POST /api/sessions/:id/end`. */
export const EndSession = z.object({ graceMs: z.optional(z.number().check(z.int(), z.minimum(0), z.maximum(60_000))) });
export type EndSession = z.infer<typeof EndSession>;

/** `POST /api/shutdown`. `all`: programs and host end too; else they go on without a server. */
export const Shutdown = z.object({ all: z.optional(z.boolean()) });
export type Shutdown = z.infer<typeof Shutdown>;

/** `POST /api/pair`: a one-time code becomes a device's credential. */
export const Pair = z.object({ code: z.string().check(z.minLength(8), z.maxLength(128)), name });
export type Pair = z.infer<typeof Pair>;

/** Answer of pairing. The token is shown once; only its hash is stored. A cookie with it is set as well. */
export const Paired = z.object({ device: z.string(), token: z.string() });
export type Paired = z.infer<typeof Paired>;

/** `POST /api/pairing-codes`: answer with the link's code and when it stops working (milliseconds since 1970). */
export const PairingCode = z.object({ code: z.string(), expiresAt: z.number() });
export type PairingCode = z.infer<typeof PairingCode>;

/** A device or script that may use the server. */
export const DeviceInfo = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.number(),
  lastSeenAt: z.number(),
  isThis: z.boolean(),
});
export type DeviceInfo = z.infer<typeof DeviceInfo>;

/** Most characters of a message to an agent. */
export const MAX_MESSAGE_CHARACTERS = 100_000;

/** `PUT /api/sessions/:id/messages/:message`: the id is the sender's, a UUID; the same id again is the same message. `PATCH`: the same body. */
export const ChatMessage = z.object({ text: z.string().check(z.minLength(1), z.maxLength(MAX_MESSAGE_CHARACTERS)) });
export type ChatMessage = z.infer<typeof ChatMessage>;

/** `POST /api/sessions/:id/approvals/:approval`. `note`: words for the agent with a rejection. */
export const AnswerApproval = z.object({
  option: z.string().check(z.minLength(1), z.maxLength(200)),
  note: z.optional(z.string().check(z.maxLength(4096))),
});
export type AnswerApproval = z.infer<typeof AnswerApproval>;

/** `PATCH /api/sessions/:id/agent`. */
export const ChooseAgentSettings = z.object({
  model: z.optional(text.check(z.minLength(1), z.maxLength(200))),
  mode: z.optional(text.check(z.minLength(1), z.maxLength(200))),
});
export type ChooseAgentSettings = z.infer<typeof ChooseAgentSettings>;

/** `POST /api/sessions/:id/recover`: takes up an offer of the transcript. `input`: the message it is about, else the first that waits. */
export const Recover = z.object({
  offer: z.enum(["retry", "continue", "start", "restart", "retry-old-conversation", "send-again", "discard"]),
  input: z.optional(z.string().check(z.maxLength(128))),
});
export type Recover = z.infer<typeof Recover>;

/**
 * `POST /api/sessions/:id/environment`: variables that the caller has, for the next run of a session. Only those are taken that the
 * session had when it was made, whose values are not kept; in memory, for the next run, for ten minutes.
 */
export const OfferEnvironment = z.object({ variables: z.record(variableName, text) });
export type OfferEnvironment = z.infer<typeof OfferEnvironment>;
export const OfferedEnvironment = z.object({ taken: z.array(z.string()) });
export type OfferedEnvironment = z.infer<typeof OfferedEnvironment>;

/** Answer of `POST /api/sessions/:id/stop`: what came of it. `held`: nothing ran yet; the first message waits for a decision. */
export const Stopped = z.object({ outcome: z.enum(["interrupted", "completed", "failed", "held", "nothing-running", "not-yet"]) });
export type Stopped = z.infer<typeof Stopped>;

/** Of `GET /api/agents?cwd=`. */
export const AgentInfo = z.object({
  id: z.string(),
  name: z.string(),
  found: z.boolean(),
  path: z.nullable(z.string()),
  version: z.nullable(z.string()),
  signIn: z.enum(["signed-in", "signed-out", "unknown"]),
  howToGet: z.string(),
  hasTerminal: z.boolean(),
});
export type AgentInfo = z.infer<typeof AgentInfo>;
export const AgentList = z.object({ agents: z.array(AgentInfo) });

/** Of `GET /api/conversations?cwd=&agent=`: conversations that lie with the agents. `session`: the one that has it here. */
export const OutsideConversation = z.object({
  agent: z.string(),
  resumeId: z.string(),
  title: z.string(),
  cwd: z.string(),
  updatedAt: z.number(),
  messages: z.nullable(z.number()),
  session: z.nullable(z.string()),
});
export type OutsideConversation = z.infer<typeof OutsideConversation>;
export const ConversationList = z.object({ conversations: z.array(OutsideConversation) });

export const SessionList = z.object({ sessions: z.array(SessionInfo) });
export const DeviceList = z.object({ devices: z.array(DeviceInfo) });

/** `GET /api/status`. */
export const Status = z.object({
  version: z.string(),
  home: z.string(),
  protocols: z.object({ client: z.number(), host: z.number(), schema: z.number() }),
  server: z.object({ pid: z.number(), instance: z.string(), epoch: z.number(), startedAt: z.number(), url: z.string() }),
  host: z.nullable(z.object({ pid: z.number(), instance: z.string(), protocol: z.number() })),
  sessions: z.object({ total: z.number(), alive: z.number() }),
  /** What the user should know of the store: recovered from a damaged file, disk full. */
  notices: z.array(z.string()),
});
export type Status = z.infer<typeof Status>;

/** Body of every answer with a status of 400 and above. */
export const ErrorBody = z.object({ error: z.object({ code: z.string(), message: z.string(), correlation: z.string() }) });
export type ErrorBody = z.infer<typeof ErrorBody>;
