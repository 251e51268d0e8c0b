import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { openHome } from "../platform/home.ts";
import { connectHost } from "./connection.ts";
import { FrameReader, encodeControl } from "./frames.ts";
import { type ScratchHost, Watcher, request, scratchHost, startIn, within } from "./scratch-host.ts";
import { startHost } from "./start.ts";
import type { HostAnswer } from "./wire.ts";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let host: ScratchHost;

afterEach(() => host.close());

/** Sends bytes as they are; resolves with all answers when the host has closed the connection. */
async function sendRaw(...bytes: readonly Buffer[]): Promise<HostAnswer[]> {
  const socket = net.connect(host.home.hostSocket);
  const answers: HostAnswer[] = [];
  const reader = new FrameReader();
  socket.on("data", (chunk) => reader.push(chunk, (_, body) => answers.push(JSON.parse(body.toString()) as HostAnswer)));
  for (const each of bytes) socket.write(each);
  await once(socket, "close", { signal: within() });
  return answers;
}

const hello = (protocol: number, epoch: number) => encodeControl({ type: "hello", protocol, features: [], epoch });

test("a server of a lower epoch is refused, also by the next host", async () => {
  host = await scratchHost();
  const server = await host.connect(5);
  await expect(host.connect(4)).rejects.toMatchObject({ code: "stale-epoch" });
  expect(server.closedBy).toBeUndefined();
  await host.killAndStartAgain();
  await expect(host.connect(4)).rejects.toMatchObject({ code: "stale-epoch" });
  await host.connect(5);
});

test("a newer server takes over: the old one is told, and has no say any more", async () => {
  host = await scratchHost();
  const old = await host.connect(1);
  await old.start(request("r1", ["cat"]));
  const next = await host.connect(2);
  await old.until(() => old.closedBy !== undefined);
  expect(old.closedBy).toEqual({ is: "stale-epoch" });
  await expect(old.connection.end("r1", 0, within())).rejects.toMatchObject({ code: "host-unavailable" });
  expect(next.connection.hello.runs).toMatchObject([{ run: "r1", isAlive: true }]);
});

test("another protocol number is refused with what to do", async () => {
  host = await scratchHost();
  expect(await sendRaw(hello(99, 1))).toMatchObject([
    { type: "refused", code: "wrong-protocol", message: expect.stringContaining("protocol 1") },
  ]);
});

test("malformed and oversize frames close their connection and harm nobody else", async () => {
  host = await scratchHost();
  const server = await host.connect();
  await server.start(request("r1", ["cat"]));
  const oversize = Buffer.from([0x7f, 0xff, 0xff, 0xff, 1]);
  const noJson = Buffer.from([0, 0, 0, 3, 1, 0x7b, 0x7b]);
  const unknownType = Buffer.from([0, 0, 0, 1, 9]);
  const shortInput = Buffer.from([0, 0, 0, 3, 2, 0, 0]);
  const tooEarly = encodeControl({ type: "read", run: "r1", from: 0 });
  for (const bytes of [oversize, noJson, unknownType, shortInput, tooEarly]) {
    expect(await sendRaw(bytes)).toMatchObject([{ type: "refused", code: "bad-message" }]);
  }
  server.type("r1", 1, "still here\n");
  await server.untilOutput("r1", "still here");
});

test("a program that cannot be started is refused with the reason, and its run can be asked for again", async () => {
  host = await scratchHost();
  const server = await host.connect();
  await expect(server.start(request("r1", ["sh"], { cwd: "/nowhere" }))).rejects.toMatchObject({ code: "cwd-missing" });
  await expect(server.start(request("r1", ["no-such-thing"]))).rejects.toMatchObject({ code: "command-missing" });
  const first = await server.start(request("r1", ["true"]));
  await server.untilEnd("r1");
  expect(await server.connection.spawn(request("r1", ["true"]), within())).toMatchObject({ pid: first.pid, isAlive: false });
});

test("a request larger than a frame is refused here, and the connection stands", async () => {
  host = await scratchHost();
  const server = await host.connect();
  const env = { PATH: process.env["PATH"] ?? "", BIG: "x".repeat(1024 * 1024) };
  await expect(server.connection.spawn(request("r1", ["true"], { env }), within())).rejects.toMatchObject({ code: "too-large" });
  await server.start(request("r2", ["sleep", "60"]));
  expect(server.closedBy).toBeUndefined();
});

test("forgetting is refused while the run lives; afterwards nothing of it is left", async () => {
  host = await scratchHost();
  const server = await host.connect();
  await server.start(request("r1", ["cat"], { kind: "pipe" }));
  await expect(server.connection.forget("r1", within())).rejects.toMatchObject({ message: expect.stringContaining("alive") });
  await server.connection.end("r1", 1000, within());
  await server.untilEnd("r1");
  await server.connection.forget("r1", within());
  await server.connection.forget("r1", within());
  expect(fs.readdirSync(path.join(host.home.hostDirectory, "runs"))).toEqual([]);
  expect(server.connection.input("r1", "contiguous", "w", 1, Buffer.from("x"))).toBe(true);
  await server.until(() => server.inputs.at(-1)?.answer === "unknown-run");
});

test("of two hosts on one home the second ends by itself", async () => {
  host = await scratchHost();
  const server = await host.connect();
  const second = await startIn(host.home, {});
  if (second.exitCode === null) await once(second, "exit");
  expect(second.exitCode).toBe(3);
  await server.start(request("r1", ["echo", "first"]));
  await server.untilOutput("r1", "first");
});

test("files and socket are the user's alone, and no value of the environment is in them", async () => {
  host = await scratchHost();
  const server = await host.connect();
  for (const kind of ["pty", "pipe"] as const) {
    await server.start(
      request(`r-${kind}`, ["sh", "-c", "echo up; read x"], { kind, env: { PATH: process.env["PATH"] ?? "", TOKEN: "very-secret" } }),
    );
    await server.untilOutput(`r-${kind}`, "up");
  }
  const files = fs
    .readdirSync(host.home.directory, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(host.home.directory, name));
  expect(files.filter((file) => (fs.lstatSync(file).mode & 0o077) !== 0)).toEqual([]);
  expect(files.filter((file) => fs.lstatSync(file).isFile() && fs.readFileSync(file, "latin1").includes("very-secret"))).toEqual([]);
});

test("a socket that somebody removed is there again, and the programs with it", async () => {
  host = await scratchHost();
  const server = await host.connect();
  await server.start(request("r1", ["sleep", "60"]));
  const watch = fs.watch(host.home.hostDirectory);
  fs.rmSync(host.home.hostSocket);
  while (!fs.existsSync(host.home.hostSocket)) await new Promise((resolve) => watch.once("change", resolve));
  watch.close();
  const next = await host.connect(2);
  expect(next.connection.hello.runs).toMatchObject([{ run: "r1", isAlive: true }]);
});

test("a host that cannot listen ends, and keeps no lock", async () => {
  host = await scratchHost();
  const server = await host.connect();
  await server.connection.shutdown(true, within());
  await once(host.process, "exit");
  fs.mkdirSync(host.home.hostSocket);
  fs.writeFileSync(path.join(host.home.hostSocket, "in the way"), "");
  await host.killAndStartAgain();
  expect(host.process.exitCode).toBe(1);
  expect(fs.readdirSync(host.home.hostDirectory)).not.toContain("host.lock");
});

test("a host that ends at its start is not waited for", async () => {
  host = await scratchHost();
  const server = await host.connect();
  await server.connection.shutdown(true, within());
  await once(host.process, "exit");
  fs.mkdirSync(path.join(host.home.hostSocket, "in the way"), { recursive: true });
  const starting = startHost({ home: host.home, hostEntry: new URL("./main.ts", import.meta.url), signal: within() });
  const error = (await starting.catch((reason: unknown) => reason)) as Error;
  expect(error).toMatchObject({ code: "host-unavailable" });
  expect((error.cause as Error).message).toContain("ended with 1");
});

test("a home whose path is too long for a socket works", async () => {
  host = await scratchHost();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), `perdure-${"long".repeat(30)}-`));
  const home = openHome(directory);
  expect(home.hostSocket.length).toBeLessThan(100);
  const child = await startIn(home, {});
  const server = await Watcher.connect(home, 1);
  await server.start(request("r1", ["echo", "hello"]));
  await server.untilOutput("r1", "hello");
  await server.connection.shutdown(true, within());
  if (child.exitCode === null) await once(child, "exit");
  fs.rmSync(directory, { recursive: true });
});

test("starting is done once: a host that answers stays, two starters get the same one", async () => {
  host = await scratchHost();
  const hostEntry = new URL("./main.ts", import.meta.url);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-start-"));
  const home = openHome(directory);
  process.execArgv.push("--conditions=@perdure/source");
  const log = fs.watch(home.directory);
  await Promise.all([1, 2].map(() => startHost({ home, hostEntry, signal: within() })));
  while (!fs.readFileSync(home.hostLog, "utf8").includes("another host runs here")) await once(log, "change", { signal: within() });
  log.close();
  const server = await Watcher.connect(home, 1);
  const { instance, pid } = server.connection.hello;
  await startHost({ home, hostEntry, signal: within() });
  expect((await Watcher.connect(home, 2)).connection.hello).toMatchObject({ instance, pid });
  const last = await Watcher.connect(home, 3);
  await last.connection.shutdown(true, within());
  await last.until(() => last.closedBy !== undefined);
  process.execArgv.pop();
  fs.rmSync(directory, { recursive: true, force: true });
});

test("without a host, connecting says so", async () => {
  host = await scratchHost();
  const nowhere = path.join(host.home.directory, "nowhere.sock");
  await expect(connectHost({ socketPath: nowhere, epoch: 1, events: new Watcher(), signal: within() })).rejects.toMatchObject({
    code: "host-unavailable",
  });
});

test("an unanswered request is rejected when its caller gives up or the host goes away", async () => {
  host = await scratchHost();
  const server = await host.connect();
  await server.start(request("r1", ["sh", "-c", "trap '' HUP TERM; while :; do sleep 1; done"]));
  await expect(server.connection.end("r1", 60_000, AbortSignal.timeout(50))).rejects.toMatchObject({ name: "TimeoutError" });
  const ending = server.connection.end("r1", 60_000, within());
  host.process.kill("SIGKILL");
  await expect(ending).rejects.toMatchObject({ code: "host-unavailable" });
  await server.until(() => server.closedBy !== undefined);
  expect(server.closedBy).toMatchObject({ is: "lost" });
  await host.killAndStartAgain();
});
