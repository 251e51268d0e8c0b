/**
 * Why the stream of an answer began, went on or ended, as diagnostics count it (PROTOCOL §12.9). The names are a contract: they stand
 * in the log behind `[chat-stream]`, where people search for them.
 */
import * as z from "zod/mini";

/** What a page or another client sees of a stream. Only these may be reported to the server. */
export const CLIENT_STREAM_REASONS = {
  "client.stream.done": "The whole answer was shown.",
  "client.stream.user-abort": "The person in front of it stopped the answer.",
  "client.stream.reader-error": "The client could not read on; it will attach again.",
  "client.stream.view-remount": "The view was left or drawn anew while an answer was streaming; the stream went on.",
} as const;

/** What the server sees of it. */
export const SERVER_STREAM_REASONS = {
  "stream.completed": "The turn ended as the agent wanted.",
  "stream.aborted.signal": "The turn was ended because somebody asked for it: stopped, or the session was ended.",
  "stream.aborted.client": "A viewer went while the answer was streaming. The turn goes on.",
  "stream.finalized.error": "The agent said that the turn failed, or failed in it.",
  "stream.abandoned": "The agent or what keeps it died in the turn; what was said is kept.",
  "stream.reconciled.stale": "A turn was found running without an agent, and was closed.",
  "stream.attached": "A viewer of the conversation began.",
  "stream.detached": "A viewer of the conversation ended while nothing was streaming.",
  "stream.recovered": "A rung of the ladder held.",
  "stream.recovery.failed": "A rung of the ladder did not hold.",
} as const;

export type ClientStreamReason = keyof typeof CLIENT_STREAM_REASONS;
export type StreamReason = ClientStreamReason | keyof typeof SERVER_STREAM_REASONS;

/** Every line about a stream in the server's log begins with it. */
export const STREAM_LOG_PREFIX = "[chat-stream]";

/** So many of the newest records are kept in memory. */
export const MAX_STREAM_RECORDS = 500;

export const MAX_STREAM_REPORTS = 20;
export const MAX_STREAM_DETAIL = 200;

const clientReason = z.enum(Object.keys(CLIENT_STREAM_REASONS) as [ClientStreamReason, ...ClientStreamReason[]]);

/** `POST /api/diagnostics/chat-streams`: what a client saw, oldest first. `detail`: why, without any of the conversation's words. */
export const StreamReports = z.object({
  reports: z
    .array(
      z.object({
        code: clientReason,
        session: z.string().check(z.minLength(1), z.maxLength(128)),
        turn: z.optional(z.string().check(z.maxLength(256))),
        detail: z.optional(z.string().check(z.maxLength(MAX_STREAM_DETAIL))),
      }),
    )
    .check(z.minLength(1), z.maxLength(MAX_STREAM_REPORTS)),
});
export type StreamReports = z.infer<typeof StreamReports>;
export type StreamReport = StreamReports["reports"][number];

/** One record. `code` may be one that this release does not know. */
export const StreamRecord = z.object({
  at: z.number(),
  code: z.string(),
  session: z.string(),
  turn: z.optional(z.string()),
  /** A cause of {@link ChatEvent}s, how a viewer began, why one ended. */
  cause: z.optional(z.string()),
  detail: z.optional(z.string()),
});
export type StreamRecord = z.infer<typeof StreamRecord>;

/** Answer of `GET /api/diagnostics/chat-streams?windowMinutes=&limit=`. */
export const StreamDiagnostics = z.object({
  /** Since the server started. */
  totals: z.record(z.string(), z.number()),
  /** Of the records that are kept and in the window. */
  counts: z.record(z.string(), z.number()),
  /** Newest first. */
  records: z.array(StreamRecord),
});
export type StreamDiagnostics = z.infer<typeof StreamDiagnostics>;
