import * as fs from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { type ScratchHost, type Watcher, request, scratchHost, within } from "./scratch-host.ts";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let host: ScratchHost;

afterEach(() => host.close());

async function begin(env?: Readonly<Record<string, string>>): Promise<Watcher> {
  host = await scratchHost(env);
  return host.connect();
}

for (const kind of ["pty", "pipe"] as const) {
  test(`a ${kind} run's output, input and exit code arrive`, async () => {
    const server = await begin();
    const run = await server.start(request("r1", ["bash", "-c", "echo ready; read line; echo got $line; exit 7"], { kind }));
    expect(run.isAlive).toBe(true);
    await server.untilOutput("r1", "ready");
    server.type("r1", 1, "hello\n");
    expect(await server.untilEnd("r1")).toEqual({ is: "exited", code: 7, signal: null });
    expect(server.output("r1").toString()).toContain("got hello");
  });

  test(`a ${kind} run ended by a signal says which`, async () => {
    const server = await begin();
    await server.start(request("r1", ["sh", "-c", "kill -KILL $$"], { kind }));
    expect(await server.untilEnd("r1")).toEqual({ is: "exited", code: null, signal: "SIGKILL" });
  });
}

test("records are numbered in one order, with offsets of output bytes and resizes between", async () => {
  const server = await begin();
  await server.start(request("r1", ["bash", "-c", "stty size; read x; stty size; read x"]));
  await server.untilOutput("r1", "24 80");
  server.connection.resize("r1", 100, 30);
  server.type("r1", 1, "\n");
  await server.untilOutput("r1", "30 100");
  server.type("r1", 2, "\n");
  await server.untilEnd("r1");
  const records = server.received.get("r1") ?? [];
  expect(records.map((record) => record.index)).toEqual(records.map((_, index) => index));
  let offset = 0;
  for (const record of records) {
    expect(record.offset).toBe(offset);
    if (record.is === "data") offset += record.data.length;
  }
  expect(records.filter((record) => record.is === "resize")).toMatchObject([{ cols: 100, rows: 30 }]);
});

test("the programs hold descriptors 0, 1 and 2 only, 20 runs of both kinds", async () => {
  const server = await begin();
  const runs = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      server.start(request(`r${n}`, ["sh", "-c", "echo up; exec sleep 60"], { kind: n % 2 ? "pty" : "pipe" })),
    ),
  );
  await Promise.all(runs.map(({ run }) => server.untilOutput(run, "up")));
  for (const { pid } of runs) expect(fs.readdirSync(`/proc/${pid}/fd`).toSorted()).toEqual(["0", "1", "2"]);
  await Promise.all(runs.map(({ run }) => server.connection.end(run, 1000, within())));
});
