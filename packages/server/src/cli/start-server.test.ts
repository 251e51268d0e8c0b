import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openHome, type Home } from "../platform/home.ts";
import { isProcessAlive, signalProcess, startTimeOf } from "../platform/processes.ts";
import { findServer } from "./find-server.ts";
import { findOrStartServer, type StartRequest } from "./start-server.ts";

const never = new AbortController().signal;
const TIMEOUT_MS = 30_000;

let home: Home;
let notes: string[];

beforeEach(() => {
  home = openHome(fs.mkdtempSync(path.join(os.tmpdir(), "perdure-start-")));
  notes = [];
});

afterEach(async () => {
  const found = await findServer(home, never);
  if (found.is === "running") {
    await found.rest.shutdown({ all: true });
    await gone(found.status.server.pid);
  }
  fs.rmSync(home.directory, { recursive: true, force: true, maxRetries: 5 });
}, TIMEOUT_MS);

function request(port: number | undefined = 0, env: StartRequest["env"] = process.env): StartRequest {
  return { home, flags: {}, port, env, signal: never, note: (text) => notes.push(text) };
}

/** Resolves when the process has ended. */
async function gone(pid: number): Promise<void> {
  const identity = { pid, startTime: startTimeOf(pid) ?? "" };
  await expect.poll(() => isProcessAlive(identity), { timeout: TIMEOUT_MS }).toBe(false);
}

test(
  "commands that come at the same moment start one server between them",
  async () => {
    const servers = await Promise.all([1, 2, 3].map(() => findOrStartServer(request())));
    expect(new Set(servers.map(({ status }) => status.server.pid)).size).toBe(1);
    expect(servers.filter(({ isNew }) => isNew).length).toBe(1);
    expect(fs.existsSync(path.join(home.directory, "start.lock"))).toBe(false);
  },
  TIMEOUT_MS,
);

test(
  "a server that was killed is replaced on the same port, so that open pages find it again",
  async () => {
    const first = await findOrStartServer(request());
    const { pid } = first.status.server;
    const ended = gone(pid);
    signalProcess({ pid, startTime: startTimeOf(pid) ?? "" }, "SIGKILL");
    await ended;
    const second = await findOrStartServer(request());
    expect(second.isNew).toBe(true);
    expect(second.url).toBe(first.url);
    expect(second.status.server.epoch).toBeGreaterThan(first.status.server.epoch);
    expect(second.status.host?.pid).toBe(first.status.host?.pid);
  },
  TIMEOUT_MS,
);

test(
  "one that is frozen is replaced; its port it keeps, and that is said",
  async () => {
    const first = await findOrStartServer(request());
    const { pid } = first.status.server;
    const frozen = { pid, startTime: startTimeOf(pid) ?? "" };
    signalProcess(frozen, "SIGSTOP");
    try {
      const second = await findOrStartServer(request());
      expect(second.status.host?.pid).toBe(first.status.host?.pid);
      const [old, now] = [first, second].map(({ url }) => new URL(url).port);
      expect(notes).toEqual([
        `The server (pid ${pid}) does not answer. Another one takes its place.`,
        `The old server still holds port ${old}; the new one listens on ${now}. Open pages need a new link: \`perdure\`.`,
      ]);
    } finally {
      signalProcess(frozen, "SIGKILL");
    }
  },
  TIMEOUT_MS,
);

test(
  "a port that was asked for and is taken is an error that says what to do",
  async () => {
    const other = net.createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as net.AddressInfo;
    await expect(findOrStartServer(request(port))).rejects.toMatchObject({
      code: "port-in-use",
      message: expect.stringContaining("--port"),
    });
    await new Promise((resolve) => other.close(resolve));
  },
  TIMEOUT_MS,
);

test.runIf(fs.existsSync("/proc/self/environ"))(
  "a server that is started inside a session is no part of it: ending the session leaves it alone",
  async () => {
    const inside = { ...process.env, PERDURE_RUN: "run-1", PERDURE_SESSION: "s1", KEPT: "yes" };
    const { status } = await findOrStartServer(request(0, inside));
    const environment = fs.readFileSync(`/proc/${status.server.pid}/environ`, "utf8").split("\0");
    expect(environment).toContain("KEPT=yes");
    expect(environment.filter((each) => /^PERDURE_(?:RUN|SESSION)=/.test(each))).toEqual([]);
  },
  TIMEOUT_MS,
);
