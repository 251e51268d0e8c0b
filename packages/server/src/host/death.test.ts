import * as fs from "node:fs";
import * as path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { type ScratchHost, type Watcher, request, scratchHost, within } from "./scratch-host.ts";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let host: ScratchHost;

afterEach(() => host.close());

const COUNT = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo N$i; sleep 0.005; done; echo DONE; read line; echo told $line; exit 4";

function numbers(server: Watcher, run: string): number[] {
  return [
    ...server
      .output(run)
      .toString()
      .matchAll(/N(\d+)\n/g),
  ].map((match) => Number(match[1]));
}

/** The program does not wait: what is looked for may have come to an earlier one. */
function outputOf(servers: readonly Watcher[]): string {
  return servers.map((server) => server.output("r1").toString()).join("");
}

/** All a run has written, seen by different servers over different hosts. */
function join(...servers: readonly Watcher[]): Watcher {
  const all = servers.flatMap((server) => server.received.get("r1") ?? []);
  const last = servers.at(-1) as Watcher;
  last.received.set("r1", all);
  return last;
}

test("a pipe run outlives three hosts: not a line lost or doubled, numbered on, and input reaches it", async () => {
  host = await scratchHost();
  let server = await host.connect(1);
  const { pid } = await server.start(request("r1", ["bash", "-c", COUNT], { kind: "pipe" }));
  const servers = [server];
  for (const [n, text] of ["N20\n", "N100\n", "N200\n"].entries()) {
    await server.until(() => outputOf(servers).includes(text));
    await host.killAndStartAgain();
    server = await host.connect(n + 2);
    expect(server.connection.hello.runs).toMatchObject([{ run: "r1", pid, isAlive: true, kind: "pipe" }]);
    server.connection.read("r1", (servers.at(-1)?.received.get("r1")?.at(-1)?.index ?? -1) + 1);
    servers.push(server);
  }
  await server.until(() => outputOf(servers).includes("DONE"));
  server.type("r1", 1, "bye\n");
  expect(await server.untilEnd("r1")).toEqual({ is: "lost", reason: "host-died-exit-unknown" });
  join(...servers);
  expect(server.output("r1").toString()).toContain("told bye");
  expect(numbers(server, "r1")).toEqual(Array.from({ length: 400 }, (_, n) => n + 1));
  const records = server.received.get("r1") ?? [];
  expect(records.map((record) => record.index)).toEqual(records.map((_, n) => n));
});

test("each host that adopts a run after a kill says so once, behind what the former one had spooled", async () => {
  host = await scratchHost();
  const before = await host.connect(1);
  await before.start(request("r1", ["bash", "-c", "echo one; read x; echo two; read x"], { kind: "pipe" }));
  await before.untilOutput("r1", "one");
  await host.killAndStartAgain();
  await host.killAndStartAgain();
  let server = await host.connect(2);
  server.connection.read("r1", 0);
  server.type("r1", 1, "\n");
  await server.untilOutput("r1", "two");
  expect((server.received.get("r1") ?? []).map(({ is }) => is)).toEqual(["data", "adopted", "data"]);
  server.connection.close();
  await host.killAndStartAgain();
  server = await host.connect(3);
  server.connection.read("r1", 3);
  await server.until(() => server.received.has("r1"));
  expect(server.received.get("r1")).toMatchObject([{ is: "adopted", index: 3, quietMs: expect.any(Number) }]);
});

test("a pipe program that ended while there was no host is lost, with what was read of it", async () => {
  host = await scratchHost();
  const before = await host.connect(1);
  const { pid } = await before.start(request("r1", ["bash", "-c", "echo N1; read x"], { kind: "pipe" }));
  await before.untilOutput("r1", "N1");
  await host.killAndStartAgain({}, () => process.kill(pid, "SIGKILL"));
  const server = await host.connect(2);
  server.connection.read("r1", 0);
  expect(await server.untilEnd("r1")).toEqual({ is: "lost", reason: "host-died-exit-unknown" });
  expect(numbers(server, "r1")).toEqual([1]);
});

test("a pipe program at the spool's limit is not read by the next host either, until there is room", async () => {
  host = await scratchHost({ PERDURE_SPOOL_BYTES: String(512 * 1024) });
  const before = await host.connect(1);
  before.isAcking = false;
  await before.start(request("r1", ["sh", "-c", "head -c 8000000 /dev/zero; exec sleep 60"], { kind: "pipe" }));
  await before.until(() => before.spoolStates.includes("limit"));
  await host.killAndStartAgain();
  const server = await host.connect(2);
  server.isAcking = false;
  server.connection.read("r1", 0);
  await server.until(() => server.spoolStates.includes("limit"));
  // Answered after whatever the new host would have read.
  await expect(server.connection.forget("r1", within())).rejects.toMatchObject({ code: "already-running" });
  expect(server.output("r1").length).toBeLessThan(512 * 1024 + 256 * 1024);
  server.isAcking = true;
  server.connection.ack("r1", (server.received.get("r1")?.at(-1)?.index ?? -1) + 1);
  await server.until(() => server.output("r1").length === 8_000_000);
});

test("a terminal's run is lost with its host, with its output and the reason", async () => {
  host = await scratchHost();
  const before = await host.connect(1);
  await before.start(request("r1", ["bash", "-c", "echo shown; read x"]));
  await before.untilOutput("r1", "shown");
  await host.killAndStartAgain();
  const server = await host.connect(2);
  expect(server.connection.hello.runs).toMatchObject([{ run: "r1", isAlive: false }]);
  expect(server.connection.hello.instance).not.toBe(before.connection.hello.instance);
  server.connection.read("r1", 0);
  expect(await server.untilEnd("r1")).toEqual({ is: "lost", reason: "host-died" });
  expect(server.output("r1").toString()).toBe("shown\r\n");
  expect(await server.connection.spawn(request("r1", ["never", "started"]), within())).toMatchObject({ run: "r1", isAlive: false });
});

test("runs from before the machine was started anew are lost for that reason", async () => {
  host = await scratchHost();
  const before = await host.connect(1);
  await before.start(request("r1", ["bash", "-c", "echo shown; exec sleep 30"], { kind: "pipe" }));
  await before.untilOutput("r1", "shown");
  const file = path.join(host.home.hostDirectory, "runs", "r1", "run.json");
  const facts = JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, unknown>;
  await before.connection.end("r1", 100, within()).finally(() => {});
  fs.writeFileSync(file, JSON.stringify({ ...facts, bootId: "another" }));
  fs.rmSync(path.join(host.home.hostDirectory, "runs", "r1", "spool"), { recursive: true });
  await host.killAndStartAgain();
  const server = await host.connect(2);
  server.connection.read("r1", 0);
  expect(await server.untilEnd("r1")).toEqual({ is: "lost", reason: "rebooted" });
});

test("input for a pipe run counts once over two hosts, and what was acknowledged but not taken yet arrives", async () => {
  host = await scratchHost();
  const before = await host.connect(1);
  const go = path.join(host.home.directory, "go");
  const script = `echo up; until [ -e ${go} ]; do sleep 0.02; done; exec head -c 600000`;
  await before.start(request("r1", ["bash", "-c", script], { kind: "pipe" }));
  await before.untilOutput("r1", "up");
  const blocks = Array.from({ length: 6 }, (_, n) => `${n}`.repeat(99_999) + "\n");
  for (const [n, block] of blocks.entries()) before.type("r1", n + 1, block);
  await before.until(() => before.inputs.length === 6);
  expect(before.inputs.every(({ answer }) => answer === "acked")).toBe(true);
  await host.killAndStartAgain();
  const server = await host.connect(2);
  server.connection.read("r1", 0);
  server.type("r1", 6, "again\n");
  server.type("r1", 8, "gap\n");
  await server.until(() => server.inputs.length === 2);
  expect(server.inputs).toMatchObject([
    { seq: 6, answer: "acked" },
    { seq: 8, answer: "gap", expected: 7 },
  ]);
  fs.writeFileSync(go, "");
  await server.untilEnd("r1");
  expect(server.output("r1").toString()).toBe(`up\n${blocks.join("")}`);
});

for (const kind of ["pty", "pipe"] as const) {
  test(`a host that dies right after the fork of a ${kind} run leaves nothing unknown`, async () => {
    host = await scratchHost({ PERDURE_CRASH: "host-after-spawn:1" });
    const before = await host.connect(1);
    await expect(before.start(request("r1", ["sh", "-c", "echo up; exec sleep 30"], { kind }))).rejects.toMatchObject({
      code: "host-unavailable",
    });
    await host.killAndStartAgain({});
    const server = await host.connect(2);
    const run = await server.start(request("r1", ["other"], { kind }));
    expect(run.isAlive).toBe(kind === "pipe");
    await server.until(() => server.output("r1").includes("up") || server.end("r1") !== undefined);
    await server.connection.end("r1", 200, within());
    expect(await server.untilEnd("r1")).toEqual({ is: "lost", reason: kind === "pipe" ? "host-died-exit-unknown" : "host-died" });
    await server.connection.forget("r1", within());
    expect(fs.readdirSync(path.join(host.home.hostDirectory, "runs"))).toEqual([]);
  });
}
