/**
 * What became of the streams of answers: the newest records in memory, counts since the server started, and one line in the log for
 * each. Written where a thing is committed or seen, before anything else may fail. Never holds words of a conversation.
 */
import {
  MAX_STREAM_DETAIL,
  MAX_STREAM_RECORDS,
  STREAM_LOG_PREFIX,
  type ChatEvent,
  type StreamDiagnostics,
  type StreamReason,
  type StreamRecord,
  type TurnEndCause,
} from "@perdure/protocol";
import { errorText } from "../../agents/error-text.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";

const MINUTE_MS = 60_000;

/** Ends that somebody asked for. */
const ASKED: ReadonlySet<TurnEndCause | undefined> = new Set(["stopped", "session-ended"]);

export type StreamNote = Omit<StreamRecord, "at" | "code"> & { readonly code: StreamReason };

export class StreamRecords {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #totals = new Map<StreamReason, number>();
  /** Oldest first. */
  #records: StreamRecord[] = [];

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  note(note: StreamNote): void {
    const { detail, ...rest } = note;
    const record: StreamRecord = {
      at: this.#clock.now(),
      ...rest,
      ...(detail === undefined ? {} : { detail: errorText(detail, MAX_STREAM_DETAIL) }),
    };
    this.#records.push(record);
    if (this.#records.length > MAX_STREAM_RECORDS) this.#records.shift();
    this.#totals.set(note.code, (this.#totals.get(note.code) ?? 0) + 1);
    this.#log.info(record, `${STREAM_LOG_PREFIX} ${note.code}`);
  }

  /** Events of a session that were committed. */
  committed(session: string, events: readonly ChatEvent[]): void {
    for (const event of events) {
      if (event.type === "turn.ended") this.note({ ...endOf(event), session });
      if (event.type === "recovery") {
        const code = event.outcome === "ok" ? "stream.recovered" : "stream.recovery.failed";
        this.note({ code, session, cause: `${event.rung}:${event.reason}`.slice(0, MAX_STREAM_DETAIL) });
      }
    }
  }

  /** `windowMinutes`: only what is younger. At most `limit` records, newest first; the counts are of all in the window. */
  diagnostics({ windowMinutes, limit }: { readonly windowMinutes: number | null; readonly limit: number }): StreamDiagnostics {
    const since = windowMinutes === null ? -Infinity : this.#clock.now() - windowMinutes * MINUTE_MS;
    const records = this.#records.filter(({ at }) => at >= since).toReversed();
    const counts: Record<string, number> = {};
    for (const { code } of records) counts[code] = (counts[code] ?? 0) + 1;
    return { totals: Object.fromEntries(this.#totals), counts, records: records.slice(0, limit) };
  }
}

function endOf({ turn, end, cause }: Extract<ChatEvent, { type: "turn.ended" }>): Omit<StreamNote, "session"> {
  return { code: codeOf(end, cause), turn, ...(cause === undefined ? {} : { cause }) };
}

function codeOf(end: "completed" | "interrupted" | "failed", cause: TurnEndCause | undefined): StreamReason {
  switch (end) {
    case "completed":
      return "stream.completed";
    case "failed":
      return "stream.finalized.error";
    case "interrupted":
      if (cause === "server-cannot-know") return "stream.reconciled.stale";
      if (cause === "crashed") return "stream.finalized.error";
      return ASKED.has(cause) ? "stream.aborted.signal" : "stream.abandoned";
  }
}
