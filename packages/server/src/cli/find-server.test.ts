import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import type { Status } from "@perdure/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openHome, type Home } from "../platform/home.ts";
import { startTimeOf } from "../platform/processes.ts";
import { markEnding, readServerFile, writeServerFile } from "../platform/server-file.ts";
import { findServer } from "./find-server.ts";

const never = new AbortController().signal;

let home: Home;
let listener: http.Server;
let answer: http.RequestListener;

beforeEach(async () => {
  home = openHome(fs.mkdtempSync(path.join(os.tmpdir(), "perdure-find-")));
  fs.writeFileSync(home.cliToken, "the-token\n");
  listener = http.createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  listener.closeAllConnections();
  await new Promise((resolve) => listener.close(resolve));
  fs.rmSync(home.directory, { recursive: true });
});

function port(): number {
  return (listener.address() as AddressInfo).port;
}

/** The server's file, as this process would have written it. */
function announce(startTime = startTimeOf(process.pid) ?? ""): void {
  const url = `http://localhost:${port()}`;
  writeServerFile(home, { pid: process.pid, startTime, port: port(), url, version: "0.0.0", protocol: 1, epoch: 1 });
}

function status(): Status {
  return {
    version: "0.0.0",
    home: home.directory,
    protocols: { client: 1, host: 1, schema: 1 },
    server: { pid: process.pid, instance: "i", epoch: 1, startedAt: 0, url: "" },
    host: null,
    sessions: { total: 0, alive: 0 },
    notices: [],
  };
}

test("without a file there is no server, and none has died", async () => {
  expect(await findServer(home, never)).toEqual({ is: "none", port: undefined });
});

test("a server that answers with the credential is found", async () => {
  const asked: (string | undefined)[] = [];
  answer = (request, response) => {
    asked.push(request.headers.authorization);
    response.end(JSON.stringify(status()));
  };
  announce();
  expect(await findServer(home, never)).toMatchObject({ is: "running", url: `http://localhost:${port()}` });
  expect(asked).toEqual(["Bearer the-token"]);
});

test("a file whose process is gone tells the port it had, and a pid used again is not the server", async () => {
  announce("another start time");
  expect(await findServer(home, never)).toEqual({ is: "none", port: port() });
});

test("a process that lives and does not answer is silent", async () => {
  answer = () => undefined;
  announce();
  expect(await findServer(home, never, 50)).toEqual({ is: "silent", pid: process.pid, port: port() });
});

test("a server that ends by order is waited for, and has not died", async () => {
  const ending = spawn(process.execPath, ["-e", "process.stdin.resume()"]);
  const gone = once(ending, "exit");
  const startTime = startTimeOf(ending.pid!) ?? "";
  writeServerFile(home, { pid: ending.pid!, startTime, port: port(), url: "", version: "0.0.0", protocol: 1, epoch: 1 });
  markEnding(home, process.pid);
  expect(readServerFile(home)?.isEnding).toBeUndefined();
  markEnding(home, ending.pid!);
  let isFound = false;
  const found = findServer(home, never).finally(() => (isFound = true));
  await new Promise(setImmediate);
  expect(isFound).toBe(false);
  ending.stdin.end();
  expect(await found).toEqual({ is: "none", port: undefined });
  await gone;
});

test("what the server says against the credential is said, not taken for silence", async () => {
  answer = (_, response) => {
    response.statusCode = 401;
    response.end(JSON.stringify({ error: { code: "unauthorized", message: "Not signed in.", correlation: "c" } }));
  };
  announce();
  await expect(findServer(home, never)).rejects.toMatchObject({ code: "unauthorized" });
});
