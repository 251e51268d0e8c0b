/**
 * Bodies of the HTTP interface (PROTOCOL §9). Answers carry the same types; errors are {@link ErrorBody} with an HTTP status.
 */
import * as z from "zod/mini";
import { RunKind, SessionInfo } from "./session.ts";

const size = z.number().check(z.int(), z.minimum(1), z.maximum(4096));
const name = z.string().check(z.minLength(1), z.maxLength(200));

/** What the system can hand to a program: no zero byte. */
const text = z.string().check(z.regex(/^[^\0]*$/, "it holds a zero byte"));
const variableName = z.string().check(z.regex(/^[^=\0]+$/, "this is no name of a variable"));

/** What a program gets from whoever asked for it. A web page sends none: then it is the login shell's, read once. */
export const RequesterEnvironment = z.object({
  variables: z.record(variableName, text),
  umask: z.optional(z.number().check(z.int(), z.minimum(0), z.maximum(0o777))),
});
export type RequesterEnvironment = z.infer<typeof RequesterEnvironment>;

/** `POST /api/sessions`, with an `Idempotency-Key` header. No command: the login shell. No cwd: the home directory. */
export const CreateSession = z.object({
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
