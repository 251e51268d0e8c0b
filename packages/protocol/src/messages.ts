/**
 * The control messages of a client connection, one JSON object a frame (PROTOCOL §5). They are parsed here, once, at the
 * edge; inside they are trusted. Unknown fields are dropped and unknown types are told apart by `decodeServerFrame`, so that a client can ignore them.
 */
import * as z from "zod/mini";
import { SessionInfo } from "./session.ts";

const channel = z.number().check(z.int(), z.minimum(0), z.maximum(0xffff_ffff));
const size = z.number().check(z.int(), z.minimum(1), z.maximum(4096));
const text = (maxLength: number) => z.string().check(z.maxLength(maxLength));

/**
 * `screen`: a viewer that lags gets a snapshot. `log`: every byte, in order, at the viewer's own pace. `chat`: the events of the
 * conversation, one JSON object a line, behind a snapshot of it as JSON; cursors are of that stream.
 */
export const AttachMode = z.enum(["screen", "log", "chat"]);
export type AttachMode = z.infer<typeof AttachMode>;

const colour = z.string().check(z.regex(/^#[0-9a-f]{6}$/i));

/** The colours that a viewer draws with, each `#rrggbb`; `palette` holds the 16 basic ones. Programs that ask are told the controller's. */
export const ScreenColours = z.object({
  foreground: colour,
  background: colour,
  cursor: colour,
  palette: z.array(colour).check(z.length(16)),
});
export type ScreenColours = z.infer<typeof ScreenColours>;

/** First message of a client; nothing else is accepted before it. */
const ClientHello = z.object({
  type: z.literal("hello"),
  protocol: z.number(),
  features: z.array(text(64)).check(z.maxLength(64)),
  client: z.object({ kind: z.enum(["web", "cli", "library"]), name: text(64), version: text(64) }),
});

/** Starts viewing a session on a channel number chosen by the client. Never creates anything. */
const Attach = z.object({
  type: z.literal("attach"),
  channel,
  session: text(128),
  mode: AttachMode,
  cursor: z.optional(text(64)),
  cols: z.optional(size),
  rows: z.optional(size),
  visible: z.boolean(),
  readOnly: z.boolean(),
  /** Those of the viewer's screen (feature `viewers`). */
  colours: z.optional(ScreenColours),
  /** Of a conversation its newest part is enough (feature `newest-part`). */
  newestPart: z.optional(z.boolean()),
});

const Detach = z.object({ type: z.literal("detach"), channel });
/**
 * The viewer's own size and colours; they become the session's when this viewer is the controller. `control`: it is from now on, as if it had
 * typed (feature `viewers`).
 */
const Resize = z.object({
  type: z.literal("resize"),
  channel,
  cols: size,
  rows: size,
  colours: z.optional(ScreenColours),
  control: z.optional(z.boolean()),
});
/** Whether a person can see this viewer now. */
const Visible = z.object({ type: z.literal("visible"), channel, visible: z.boolean() });
/** Asks for the list of sessions and every later change of it. */
const Watch = z.object({ type: z.literal("watch") });
const Ping = z.object({ type: z.literal("ping"), id: z.number() });
const Pong = z.object({ type: z.literal("pong"), id: z.number() });

export const ClientMessage = z.discriminatedUnion("type", [ClientHello, Attach, Detach, Resize, Visible, Watch, Ping, Pong]);
export type ClientMessage = z.infer<typeof ClientMessage>;

const ServerHello = z.object({
  type: z.literal("hello"),
  protocol: z.number(),
  features: z.array(z.string()),
  server: z.object({ instance: z.string(), version: z.string(), epoch: z.number() }),
});

/** Why the data that follows starts where it starts. Only `tail` continues the cursor that the client sent. */
export const AttachedHow = z.enum(["tail", "first", "behind", "trimmed", "beyond-tail", "incarnation"]);
export type AttachedHow = z.infer<typeof AttachedHow>;

/** Answers attach. `how: "tail"`: output frames from the client's cursor follow. Otherwise a snapshot frame follows (screen
 * mode), or output from the oldest kept byte (log mode). `cursor` is where the data that follows begins. */
const Attached = z.object({
  type: z.literal("attached"),
  channel,
  how: AttachedHow,
  cursor: z.string(),
  session: SessionInfo,
});
/** The terminal's size changed at this offset; sent in order with the output frames of the channel. */
const Resized = z.object({ type: z.literal("resized"), channel, offset: z.number(), cols: size, rows: size });
/**
 * Where the first row of the snapshot that follows is in the count of lines (PROTOCOL §13.1), and the number of the first line that is
 * still kept.
 */
const Lines = z.object({
  type: z.literal("lines"),
  channel,
  offset: z.number(),
  line: z.number(),
  columns: z.number(),
  first: z.number(),
});
/** The viewer is no longer attached. */
const Detached = z.object({ type: z.literal("detached"), channel, reason: z.enum(["asked", "deleted"]) });
/** A session changed: to those who watch the list and to those attached to it. */
const SessionChanged = z.object({ type: z.literal("session"), session: SessionInfo });
const SessionRemoved = z.object({ type: z.literal("removed"), session: z.string() });
/** `more`: another part of the list follows at once (feature `list-parts`). */
const Sessions = z.object({ type: z.literal("sessions"), sessions: z.array(SessionInfo), more: z.optional(z.boolean()) });

/** Why input was not taken. Only `run-ended`, `unknown-run` and `read-only` are final for that input. */
export const InputRefusal = z.enum(["run-ended", "unknown-run", "read-only", "gap", "queue-full", "host-unavailable"]);
export type InputRefusal = z.infer<typeof InputRefusal>;

/** Input was not taken and nothing after it will be until it is sent again. `gap` names the number expected. */
const InputRefused = z.object({
  type: z.literal("input-refused"),
  channel,
  writer: z.string(),
  run: z.number(),
  seq: z.number(),
  reason: InputRefusal,
  expected: z.optional(z.number()),
});

/** A request failed or the connection is about to be closed. `correlation` finds the details in the server's log. */
const Failure = z.object({
  type: z.literal("error"),
  channel: z.optional(channel),
  code: z.string(),
  message: z.string(),
  correlation: z.string(),
});

export const ServerMessage = z.discriminatedUnion("type", [
  ServerHello,
  Attached,
  Resized,
  Lines,
  Detached,
  SessionChanged,
  SessionRemoved,
  Sessions,
  InputRefused,
  Failure,
  Ping,
  Pong,
]);
export type ServerMessage = z.infer<typeof ServerMessage>;

/** One message of a union by its type. */
export type MessageOf<M extends { type: string }, T extends M["type"]> = Extract<M, { type: T }>;
