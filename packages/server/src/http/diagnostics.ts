/**
 * What became of the streams of answers (PROTOCOL §12.9): the newest records with counts, and reports of clients, which see ends that
 * the server cannot. Behind the sign-in, as everything.
 */
import { MAX_STREAM_RECORDS, PerdureError, StreamReports } from "@perdure/protocol";
import type { Hono } from "hono";
import type { Clock } from "../platform/clock.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { body, type Env } from "./request-body.ts";

const DEFAULT_LIMIT = 50;
const MAX_WINDOW_MINUTES = 60 * 24 * 366;
const MINUTE_MS = 60_000;
/** Of one device: a page reports an end of each answer that it shows. */
const MAX_REPORTS_A_MINUTE = 120;

interface DiagnosticsRoutes {
  readonly sessions: Pick<Sessions, "streams"> & { readonly registry: Pick<Sessions["registry"], "get"> };
  readonly clock: Clock;
}

export function addDiagnostics(app: Hono<Env>, { sessions, clock }: DiagnosticsRoutes): void {
  const { streams, registry } = sessions;
  const rate = new ReportRate(clock);
  app.get("/api/diagnostics/chat-streams", (c) => {
    const windowMinutes = wholeNumber("windowMinutes", c.req.query("windowMinutes"), MAX_WINDOW_MINUTES);
    const limit = wholeNumber("limit", c.req.query("limit"), MAX_STREAM_RECORDS) ?? DEFAULT_LIMIT;
    return c.json(streams.diagnostics({ windowMinutes, limit }));
  });
  app.post("/api/diagnostics/chat-streams", async (c) => {
    const { reports } = await body(c, StreamReports);
    rate.take(c.get("device").id, reports.length);
    // A page may report what it saw of a session that is deleted by now.
    for (const { code, session, turn, detail } of reports.filter((each) => registry.get(each.session))) {
      streams.note({ code, session, ...(turn === undefined ? {} : { turn }), ...(detail === undefined ? {} : { detail }) });
    }
    return c.body(null, 204);
  });
}

/** How much each device reported in the minute that runs. */
class ReportRate {
  readonly #clock: Clock;
  readonly #taken = new Map<string, number>();
  #minute = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `rate-limited`. */
  take(device: string, count: number): void {
    const minute = Math.floor(this.#clock.now() / MINUTE_MS);
    if (minute !== this.#minute) this.#taken.clear();
    this.#minute = minute;
    const taken = (this.#taken.get(device) ?? 0) + count;
    if (taken > MAX_REPORTS_A_MINUTE) throw new PerdureError("rate-limited", "Too many reports; wait a minute.");
    this.#taken.set(device, taken);
  }
}

/** From 1; `null` if it was not said. */
function wholeNumber(name: string, text: string | undefined, max: number): number | null {
  if (text === undefined) return null;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= max) return number;
  throw new PerdureError("bad-request", `"${name}" must be a whole number from 1 to ${max}.`);
}
