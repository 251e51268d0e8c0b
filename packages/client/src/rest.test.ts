import { PerdureError } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { createRest, type Rest } from "./rest.ts";
import { settled } from "./testing/client-bench.ts";
import { FakeClock } from "./testing/fake-clock.ts";
import { sessionInfo } from "./testing/fake-session.ts";

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: unknown;
}

type Answer = Response | Error | "never";

/** A server that gives the answers in order, and keeps what it was asked. */
function restWith(answers: Answer[]): { rest: Rest; asked: Asked[]; clock: FakeClock } {
  const asked: Asked[] = [];
  const clock = new FakeClock();
  let ids = 0;
  const fakeFetch = (url: string, init: RequestInit): Promise<Response> => {
    const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
    asked.push({ method: init.method ?? "GET", url, headers: new Headers(init.headers), body });
    const answer = answers.shift() ?? new Error("not expected");
    if (answer instanceof Response) return Promise.resolve(answer);
    if (answer instanceof Error) return Promise.reject(answer);
    return new Promise((_resolve, reject) => init.signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError"))));
  };
  const rest = createRest({
    baseUrl: "http://server",
    fetch: fakeFetch as typeof fetch,
    headers: () => ({ Authorization: "Bearer t" }),
    clock,
    random: { fraction: () => 0.5, id: () => `key-${++ids}` },
  });
  return { rest, asked, clock };
}

const json = (value: unknown, status = 200) => Response.json(value, { status });
const failure = (status: number, code: string, message: string) => json({ error: { code, message, correlation: "c" } }, status);
const unreachable = () => new TypeError("fetch failed");
const nothing = () => new Response(null, { status: 204 });
const session = sessionInfo();

describe("every call asks what PROTOCOL §9 says", () => {
  const device = { id: "d", name: "Phone", createdAt: 1, lastSeenAt: 2, isThis: false };
  const status = {
    version: "0",
    home: "/h",
    protocols: { client: 1, host: 1, schema: 1 },
    server: { pid: 1, instance: "i", epoch: 1, startedAt: 1, url: "http://server" },
    host: null,
    sessions: { total: 0, alive: 0 },
    notices: [],
  };
  const agent = {
    id: "demo",
    name: "Demo",
    found: true,
    path: null,
    version: "1",
    signIn: "unknown",
    howToGet: "It comes along.",
    hasTerminal: false,
  };
  const outside = { agent: "demo", resumeId: "r", title: "T", cwd: "/w", updatedAt: 1, messages: null, session: null };
  const calls: readonly [string, (rest: Rest) => Promise<unknown>, Answer, unknown, string, unknown][] = [
    ["list", (rest) => rest.list(), json({ sessions: [session] }), [session], "GET /api/sessions", undefined],
    ["create", (rest) => rest.create({ command: ["sh"] }), json(session, 201), session, "POST /api/sessions", { command: ["sh"] }],
    ["get", (rest) => rest.get("a/b"), json(session), session, "GET /api/sessions/a%2Fb", undefined],
    ["rename", (rest) => rest.rename("s1", "new"), json(session), session, "PATCH /api/sessions/s1", { name: "new" }],
    ["end", (rest) => rest.end("s1", { graceMs: 5 }), json(session), session, "POST /api/sessions/s1/end", { graceMs: 5 }],
    ["delete", (rest) => rest.delete("s1"), nothing(), undefined, "DELETE /api/sessions/s1", undefined],
    ["startRun", (rest) => rest.startRun("s1", { cols: 9 }), json(session, 201), session, "POST /api/sessions/s1/runs", { cols: 9 }],
    ["screen", (rest) => rest.screen("s1", "text"), new Response("$ \n"), "$ \n", "GET /api/sessions/s1/screen?format=text", undefined],
    ["status", (rest) => rest.status(), json(status), status, "GET /api/status", undefined],
    ["devices", (rest) => rest.devices(), json({ devices: [device] }), [device], "GET /api/devices", undefined],
    ["revoke", (rest) => rest.revoke("d"), nothing(), undefined, "DELETE /api/devices/d", undefined],
    [
      "pairingCode",
      (rest) => rest.pairingCode(),
      json({ code: "c", expiresAt: 1 }, 201),
      { code: "c", expiresAt: 1 },
      "POST /api/pairing-codes",
      {},
    ],
    [
      "pair",
      (rest) => rest.pair({ code: "12345678", name: "Phone" }),
      json({ device: "d", token: "t" }, 201),
      { device: "d", token: "t" },
      "POST /api/pair",
      { code: "12345678", name: "Phone" },
    ],
    ["signIn", (rest) => rest.signIn("kept"), nothing(), undefined, "POST /api/signin", {}],
    ["sendMessage", (rest) => rest.sendMessage("s1", "m", "hi"), json(null), undefined, "PUT /api/sessions/s1/messages/m", { text: "hi" }],
    [
      "editMessage",
      (rest) => rest.editMessage("s1", "m", "hi"),
      json(null),
      undefined,
      "PATCH /api/sessions/s1/messages/m",
      { text: "hi" },
    ],
    ["removeMessage", (rest) => rest.removeMessage("s1", "m"), nothing(), undefined, "DELETE /api/sessions/s1/messages/m", undefined],
    [
      "offerEnvironment",
      (rest) => rest.offerEnvironment("s1", { A_KEY: "a" }),
      json({ taken: ["A_KEY"] }),
      ["A_KEY"],
      "POST /api/sessions/s1/environment",
      { variables: { A_KEY: "a" } },
    ],
    ["stopTurn", (rest) => rest.stopTurn("s1"), json({ outcome: "held" }), "held", "POST /api/sessions/s1/stop", {}],
    ["agents", (rest) => rest.agents(), json({ agents: [agent] }), [agent], "GET /api/agents", undefined],
    ["agents of a directory", (rest) => rest.agents("/a b"), json({ agents: [] }), [], "GET /api/agents?cwd=%2Fa+b", undefined],
    ["conversations", (rest) => rest.conversations(), json({ conversations: [outside] }), [outside], "GET /api/conversations", undefined],
    [
      "conversations of an agent",
      (rest) => rest.conversations({ agent: "demo", cwd: "/w" }),
      json({ conversations: [] }),
      [],
      "GET /api/conversations?agent=demo&cwd=%2Fw",
      undefined,
    ],
    ["shutdown", (rest) => rest.shutdown({ all: true }), json(status, 202), undefined, "POST /api/shutdown", { all: true }],
  ];

  test.each(calls)("%s", async (_name, call, answer, result, request, body) => {
    const { rest, asked, clock } = restWith([answer]);
    expect(await call(rest)).toEqual(result);
    expect(asked.map(({ method, url }) => `${method} ${url.replace("http://server", "")}`)).toEqual([request]);
    expect(asked[0]?.body).toEqual(body);
    expect(asked[0]?.headers.get("Authorization")).toBe(request === "POST /api/signin" ? "Bearer kept" : "Bearer t");
    expect(clock.timers).toBe(0);
  });

  test("history and export are streamed, with the cursor of their end", async () => {
    const { rest, asked } = restWith([new Response("abc", { headers: { "Perdure-Cursor": "at" } }), new Response("cast")]);
    const history = await rest.history("s1", "raw", "from");
    expect(history.cursor).toBe("at");
    expect(await history.text()).toBe("abc");
    const cast = await rest.export("s1", "asciicast");
    expect(cast.cursor).toBeUndefined();
    expect(await new Response(cast.body).text()).toBe("cast");
    expect(asked.map(({ url }) => url)).toEqual([
      "http://server/api/sessions/s1/history?format=raw&from=from",
      "http://server/api/sessions/s1/export?format=asciicast",
    ]);
  });
});

describe("what goes wrong has the server's own code and words", () => {
  test("a refusal", async () => {
    const { rest } = restWith([failure(404, "unknown-session", "There is no session x.")]);
    const error = await rest.get("x").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PerdureError);
    expect(error).toMatchObject({ code: "unknown-session", message: "There is no session x.", cause: { status: 404, correlation: "c" } });
  });

  test("a code that this release does not know is internal, its words are kept", async () => {
    const { rest } = restWith([failure(418, "teapot", "Short and stout.")]);
    await expect(rest.list()).rejects.toMatchObject({ code: "internal", message: "Short and stout." });
  });

  test.each([
    ["no network", unreachable()],
    ["a proxy that does not reach it", new Response("<html>", { status: 502, statusText: "Bad Gateway" })],
  ])("%s: the server is unreachable", async (_what, answer) => {
    const { rest } = restWith([answer]);
    await expect(rest.list()).rejects.toMatchObject({ code: "server-unreachable" });
  });

  test("an answer that makes no sense", async () => {
    const { rest } = restWith([json({ sessions: "many" }), new Response("hello")]);
    await expect(rest.list()).rejects.toMatchObject({ code: "bad-message" });
    await expect(rest.list()).rejects.toMatchObject({ code: "bad-message" });
  });

  test("a frozen server is unreachable after thirty seconds", async () => {
    const { rest, clock } = restWith(["never"]);
    const listing = rest.list().catch((caught: unknown) => caught);
    clock.advance(29_999);
    expect(clock.timers).toBe(1);
    clock.advance(1);
    expect(await listing).toMatchObject({ code: "server-unreachable" });
  });

  test("a caller that does not want to wait any longer gets its own reason back", async () => {
    const { rest } = restWith(["never"]);
    const stop = new AbortController();
    const listing = rest.list({ signal: stop.signal }).catch((caught: unknown) => caught);
    stop.abort();
    expect(await listing).toMatchObject({ name: "AbortError" });
  });
});

describe("creating", () => {
  test("is repeated with the same key when the network fails", async () => {
    const { rest, asked, clock } = restWith([unreachable(), unreachable(), json(session)]);
    const creating = rest.create({});
    await settled();
    clock.advance(1000);
    await settled();
    clock.advance(2000);
    expect(await creating).toEqual(session);
    expect(asked.map(({ headers }) => headers.get("Idempotency-Key"))).toEqual(["key-1", "key-1", "key-1"]);
  });

  test("is given up after four attempts", async () => {
    const { rest, asked, clock } = restWith([unreachable(), unreachable(), unreachable(), unreachable()]);
    const creating = rest.startRun("s1", {}, { key: "mine" }).catch((caught: unknown) => caught);
    for (let wait = 0; wait < 4; wait += 1) {
      await settled();
      clock.advance(30_000);
    }
    expect(await creating).toMatchObject({ code: "server-unreachable" });
    expect(asked.map(({ headers }) => headers.get("Idempotency-Key"))).toEqual(["mine", "mine", "mine", "mine"]);
  });

  test("is not repeated when the server has answered no", async () => {
    const { rest, asked } = restWith([failure(400, "cwd-missing", "There is no /x.")]);
    await expect(rest.create({ cwd: "/x" })).rejects.toMatchObject({ code: "cwd-missing" });
    expect(asked).toHaveLength(1);
  });

  test("two calls are two wishes: each has its own key", async () => {
    const { rest, asked } = restWith([json(session), json(session)]);
    await rest.create({});
    await rest.create({});
    expect(asked.map(({ headers }) => headers.get("Idempotency-Key"))).toEqual(["key-1", "key-2"]);
  });

  test("stops waiting for its next attempt when it is told to", async () => {
    const { rest, asked, clock } = restWith([unreachable()]);
    const stop = new AbortController();
    const creating = rest.create({}, { signal: stop.signal }).catch((caught: unknown) => caught);
    await settled();
    stop.abort();
    expect(await creating).toMatchObject({ name: "AbortError" });
    expect(asked).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });
});

test("reports of streams are sent to their end also when the page goes; other calls are not", async () => {
  const inits: RequestInit[] = [];
  const fakeFetch = (_url: string, init: RequestInit): Promise<Response> => {
    inits.push(init);
    return Promise.resolve(nothing());
  };
  const rest = createRest({ baseUrl: "http://server", fetch: fakeFetch as typeof fetch });
  const reports = [{ code: "client.stream.done", session: "s1" }] as const;
  await rest.reportStreams(reports, { outlivesPage: true });
  await rest.reportStreams(reports);
  expect(inits.map(({ keepalive }) => keepalive)).toEqual([true, undefined]);
});
