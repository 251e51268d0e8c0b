import { PerdureError } from "@perdure/protocol";
import { Hono } from "hono";
import { expect, test } from "vitest";
import type { Session } from "../sessions/session.ts";
import { describeFailure } from "./failure.ts";
import { addLines } from "./lines.ts";
import type { Env } from "./request-body.ts";

/** Answers with what the history was asked. */
function arrange() {
  const asked: unknown[] = [];
  const history = {
    lines: (from: number, count: number, signal: AbortSignal) => answer({ from, count, isAborted: signal.aborted }),
    search: (search: unknown, signal: AbortSignal) => answer({ search, isAborted: signal.aborted }),
  };
  const commands = (before: number, limit: number, signal: AbortSignal) => answer({ before, limit, isAborted: signal.aborted });
  const answer = (what: unknown): Promise<unknown> => {
    asked.push(what);
    return Promise.resolve({});
  };
  const require = (id: string): Session => {
    if (id === "s") return { history, commands } as unknown as Session;
    throw new PerdureError("unknown-session");
  };
  const app = new Hono<Env>();
  addLines(app, { sessions: { require } });
  app.onError((error) => {
    const { status, body } = describeFailure(error, { info: () => undefined, warn: () => undefined, error: () => undefined });
    return Response.json(body, { status });
  });
  const status = async (path: string): Promise<number> => (await app.request(`/api/sessions/${path}`)).status;
  return { asked, status };
}

test("lines are asked for by number, a thousand at most", async () => {
  const { asked, status } = arrange();
  expect(await status("s/lines")).toBe(200);
  expect(await status("s/lines?from=12&count=1000")).toBe(200);
  expect(asked).toEqual([
    { from: 0, count: 1_000, isAborted: false },
    { from: 12, count: 1_000, isAborted: false },
  ]);
  for (const query of ["from=-1", "from=x", "from=1e3", "count=0", "count=1001", "count=", "from=99999999999999999999"]) {
    expect([query, await status(`s/lines?${query}`)]).toEqual([query, 400]);
  }
  expect(await status("other/lines")).toBe(404);
});

test("a search needs a text, and has bounds", async () => {
  const { asked, status } = arrange();
  expect(await status("s/search?q=two%20words&before=7&limit=3")).toBe(200);
  expect(await status("s/search?q=x")).toBe(200);
  expect(asked).toEqual([
    { search: { query: "two words", before: 7, limit: 3 }, isAborted: false },
    { search: { query: "x", limit: 50 }, isAborted: false },
  ]);
  for (const query of ["", "q=", `q=${"x".repeat(201)}`, "q=x&limit=0", "q=x&limit=201", "q=x&before=no"]) {
    expect([query, await status(`s/search?${query}`)]).toEqual([query, 400]);
  }
});

test("commands are asked for before an offset, two hundred at most", async () => {
  const { asked, status } = arrange();
  expect(await status("s/commands")).toBe(200);
  expect(await status("s/commands?before=7&limit=200")).toBe(200);
  expect(asked).toEqual([
    { before: Number.MAX_SAFE_INTEGER, limit: 50, isAborted: false },
    { before: 7, limit: 200, isAborted: false },
  ]);
  for (const query of ["limit=0", "limit=201", "before=x", "before=-1"]) {
    expect([query, await status(`s/commands?${query}`)]).toEqual([query, 400]);
  }
});
