import { type StreamDiagnostics } from "@perdure/protocol";
import { Hono } from "hono";
import { beforeEach, expect, it } from "vitest";
import { StreamRecords } from "../sessions/chat/stream-records.ts";
import type { Session } from "../sessions/session.ts";
import type { DeviceRow } from "../store/store.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { addDiagnostics } from "./diagnostics.ts";
import { describeFailure } from "./failure.ts";
import type { Env } from "./request-body.ts";

const AT = "/api/diagnostics/chat-streams";
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const done = { code: "client.stream.done", session: "known" };

const registry = { get: (id: string) => (id === "known" ? ({} as Session) : undefined) };

let clock: FakeClock;
let streams: StreamRecords;
let app: Hono<Env>;
let device: string;

beforeEach(() => {
  clock = new FakeClock();
  streams = new StreamRecords(clock, log);
  device = "a";
  app = new Hono<Env>();
  app.use(async (c, next) => {
    c.set("device", { id: device } as DeviceRow);
    await next();
  });
  addDiagnostics(app, { sessions: { streams, registry }, clock });
  app.onError((error) => Response.json({}, { status: describeFailure(error, log).status }));
});

async function read(query = ""): Promise<StreamDiagnostics> {
  return (await (await app.request(AT + query)).json()) as StreamDiagnostics;
}

async function report(reports: unknown): Promise<number> {
  return (await app.request(AT, { method: "POST", body: JSON.stringify({ reports }) })).status;
}

it("what clients report stands among what the server saw", async () => {
  streams.note({ code: "stream.completed", session: "known", turn: "t" });
  expect(await report([{ ...done, turn: "t" }])).toBe(204);
  const { records, counts } = await read();
  expect(records.map(({ code }) => code)).toEqual(["client.stream.done", "stream.completed"]);
  expect(counts).toEqual({ "stream.completed": 1, "client.stream.done": 1 });
});

it("of sessions that there are not, or no longer, nothing is recorded, and nothing is wrong", async () => {
  expect(await report([{ ...done, session: "unknown" }, done])).toBe(204);
  expect((await read()).records.map(({ session }) => session)).toEqual(["known"]);
});

it("a client can report only its own codes, and not much at once", async () => {
  expect(await report([{ ...done, code: "stream.completed" }])).toBe(400);
  expect(await report([{ ...done, detail: "x".repeat(201) }])).toBe(400);
  expect(await report([])).toBe(400);
  expect(await report(Array.from({ length: 21 }, () => done))).toBe(400);
  expect((await read()).records).toEqual([]);
});

it("a device that reports too much is refused for the rest of the minute, others are not", async () => {
  const twenty = Array.from({ length: 20 }, () => done);
  for (let count = 0; count < 6; count += 1) expect(await report(twenty)).toBe(204);
  expect(await report([done])).toBe(429);
  device = "b";
  expect(await report([done])).toBe(204);
  device = "a";
  clock.advance(60_000);
  expect(await report([done])).toBe(204);
});

it("fifty records are shown, or as many as are asked for, up to 500", async () => {
  for (let count = 0; count < 60; count += 1) streams.note({ code: "stream.attached", session: "known" });
  expect((await read()).records).toHaveLength(50);
  expect((await read("?limit=55&windowMinutes=5")).records).toHaveLength(55);
  for (const query of ["?limit=0", "?limit=501", "?limit=x", "?windowMinutes=-1", "?windowMinutes=0"]) {
    expect((await app.request(AT + query)).status).toBe(400);
  }
});
