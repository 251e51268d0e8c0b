/** A session's history as numbered lines, and searched (PROTOCOL §13); the commands of its shell (§14). */
import { MAX_COMMANDS, MAX_LINES, MAX_QUERY_LENGTH, PerdureError } from "@perdure/protocol";
import type { Hono } from "hono";
import type { Sessions } from "../sessions/sessions.ts";
import type { Env } from "./request-body.ts";

const DEFAULT_MATCHES = 50;
const MAX_MATCHES = 200;
const DEFAULT_COMMANDS = 50;

export function addLines(app: Hono<Env>, { sessions }: { readonly sessions: Pick<Sessions, "require"> }): void {
  app.get("/api/sessions/:id/lines", async (c) => {
    const { history } = sessions.require(c.req.param("id"));
    const from = wholeNumber("from", c.req.query("from"), Number.MAX_SAFE_INTEGER) ?? 0;
    const count = wholeNumber("count", c.req.query("count"), MAX_LINES) ?? MAX_LINES;
    return c.json(await history.lines(from, count, c.req.raw.signal));
  });
  app.get("/api/sessions/:id/search", async (c) => {
    const { history } = sessions.require(c.req.param("id"));
    const query = c.req.query("q") ?? "";
    if (query === "" || query.length > MAX_QUERY_LENGTH) {
      throw new PerdureError("bad-request", `"q" must be a text of 1 to ${MAX_QUERY_LENGTH} characters.`);
    }
    const before = wholeNumber("before", c.req.query("before"), Number.MAX_SAFE_INTEGER);
    const limit = wholeNumber("limit", c.req.query("limit"), MAX_MATCHES) ?? DEFAULT_MATCHES;
    return c.json(await history.search({ query, limit, ...(before === undefined ? {} : { before }) }, c.req.raw.signal));
  });
  app.get("/api/sessions/:id/commands", async (c) => {
    const session = sessions.require(c.req.param("id"));
    const before = wholeNumber("before", c.req.query("before"), Number.MAX_SAFE_INTEGER) ?? Number.MAX_SAFE_INTEGER;
    const limit = wholeNumber("limit", c.req.query("limit"), MAX_COMMANDS) ?? DEFAULT_COMMANDS;
    return c.json(await session.commands(before, limit, c.req.raw.signal));
  });
}

function wholeNumber(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  const min = name === "count" || name === "limit" ? 1 : 0;
  if (number >= min && number <= max) return number;
  throw new PerdureError("bad-request", `"${name}" must be a whole number from ${min} to ${max}.`);
}
