// Why a server may not start, in its own words; and what it does with what it finds. Nothing that was there is harmed.

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeControl } from "../packages/server/src/host/frames.ts";
import { HOST_PROTOCOL } from "../packages/server/src/host/wire.ts";
import { ORDINARY_MODES } from "./harness/ordinary-modes.ts";
import { PerdureHome } from "./harness/perdure-home.ts";
import type { StartFailure, StartOptions } from "./harness/server-process.ts";
import { readLog } from "./harness/session-log.ts";

let home: PerdureHome;
let others: Server[];

beforeEach(() => {
  home = new PerdureHome();
  others = [];
});

afterEach(async () => {
  for (const server of others) await new Promise((resolve) => server.close(resolve));
  await home.close();
});

/** Starts a server that must not start; answers why. It has ended with code 1. */
async function failure(options: StartOptions = {}): Promise<StartFailure> {
  const server = home.launch(options);
  const error = await server.ready.then(
    () => new Error("it started"),
    (reason: unknown) => reason as StartFailure,
  );
  if (error.name !== "StartFailure") throw error;
  expect((await server.exit()).code).toBe(1);
  return error as StartFailure;
}

async function listening(server: Server, at: number | string): Promise<Server> {
  others.push(server);
  await new Promise<void>((resolve) => server.listen(typeof at === "number" ? { port: at, host: "127.0.0.1" } : { path: at }, resolve));
  return server;
}

async function printedSession(name: string): Promise<string> {
  const command = ["/bin/sh", "-c", `echo 'this is ${name}'`];
  const { id } = await home.api.create({ command, name, environment: { variables: home.variables } });
  await home.api.untilRun(id, "exited");
  return id;
}

test("the port is taken", async () => {
  const taken = await listening(createServer(), 0);
  const { port } = taken.address() as AddressInfo;
  const error = await failure({ port });
  expect(error).toMatchObject({ code: "port-in-use" });
  expect(error.message).toContain(String(port));
  await home.start();
  expect((await home.api.status()).sessions.total).toBe(0);
});

test("the state directory is a file", async () => {
  writeFileSync(home.directory, "a file");
  const error = await failure();
  expect(error).toMatchObject({ code: "home-unusable" });
  expect(error.message).toContain(home.directory);
  expect(readFileSync(home.directory, "utf8")).toBe("a file");
});

test("the state directory cannot be written", async () => {
  mkdirSync(home.directory);
  chmodSync(home.directory, 0o555);
  const error = await failure({ through: ORDINARY_MODES });
  expect(error).toMatchObject({ code: "home-unusable" });
  expect(error.message).toContain("--home");
  expect(readdirSync(home.directory)).toEqual([]);
  chmodSync(home.directory, 0o700);
});

test("the database was written by a newer release: it is refused, left alone, and the programs go on", async () => {
  const migration = home.write("further.sql", "CREATE TABLE further (id INTEGER PRIMARY KEY);");
  await home.start({ env: { PERDURE_FURTHER_MIGRATION: migration } });
  const living = await home.api.create({ command: ["cat"], environment: { variables: home.variables } });
  await home.server.kill();
  const error = await failure();
  expect(error).toMatchObject({ code: "database-newer" });
  await home.start({ env: { PERDURE_FURTHER_MIGRATION: migration } });
  expect((await home.api.session(living.id)).run).toEqual(living.run);
});

test("the database is damaged: it is set aside, what is readable is copied, and it is said", async () => {
  await home.start();
  const id = await printedSession("readable");
  await home.api.send("POST", "/api/shutdown", { body: { all: true } });
  await home.server.exit();
  const file = join(home.directory, "perdure.db");
  const bytes = readFileSync(file);
  bytes.fill(0xaa, bytes.length - 2048, bytes.length - 1024);
  bytes.fill(0x55, 20, 40);
  writeFileSync(file, bytes);
  await home.start();
  const { notices } = await home.api.status();
  expect(notices.join(" ")).toMatch(/damaged/i);
  const aside = readdirSync(home.directory).filter((name) => name.startsWith("perdure.db") && !/-(wal|shm)$/.test(name));
  expect(aside.length).toBeGreaterThan(1);
  const sessions = await home.api.sessions();
  for (const session of sessions) expect(session.id).toBe(id);
  await printedSession("new");
});

test("the database is nothing but garbage: a new one is made, and it is said", async () => {
  await home.start();
  await printedSession("gone");
  await home.api.send("POST", "/api/shutdown", { body: { all: true } });
  await home.server.exit();
  writeFileSync(join(home.directory, "perdure.db"), Buffer.alloc(64 * 1024, "garbage "));
  await home.start();
  expect((await home.api.status()).notices.join(" ")).toMatch(/damaged/i);
  const id = await printedSession("new");
  expect((await readLog(home, id)).toString()).toBe("this is new\r\n");
});

test("the host speaks another protocol number: it is refused and left alone", async () => {
  mkdirSync(join(home.directory, "host"), { recursive: true, mode: 0o700 });
  const message = `This host speaks protocol ${HOST_PROTOCOL + 1}.`;
  const refusal = encodeControl({ type: "refused", code: "wrong-protocol", message, epoch: 0 });
  const stranger = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(refusal));
  });
  await listening(stranger, join(home.directory, "host", "host.sock"));
  const error = await failure();
  expect(error).toMatchObject({ code: "host-protocol" });
  expect(error.message).toContain("protocol");
  expect(existsSync(join(home.directory, "host", "host.sock"))).toBe(true);
});

test("another server on the same state directory takes over, and the first one ends", async () => {
  const first = await home.start();
  const { id, run } = await home.api.create({ command: ["cat"], environment: { variables: home.variables } });
  await home.start({ port: 0 });
  const { code } = await first.exit();
  expect(code).toBe(3);
  expect((await home.api.session(id)).run).toEqual(run);
  expect((await home.api.status()).server.epoch).toBe(2);
});

test("a state directory whose path is too long for a socket works all the same", async () => {
  const long = new PerdureHome("long-".repeat(30));
  try {
    await long.start();
    const { id, run } = await long.api.create({ command: ["cat"], environment: { variables: long.variables } });
    await long.killServerAndRestart();
    expect((await long.api.session(id)).run).toEqual(run);
  } finally {
    await long.close();
  }
});
