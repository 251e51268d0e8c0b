// What should not be asked: each is answered with a clear error, and nothing else is harmed.

import { CLOSE, CLIENT_PROTOCOL, encodeControl, MAX_CLIENT_FRAME_BYTES } from "@perdure/protocol";
import type { SessionInfo } from "@perdure/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseError, type RequestOptions } from "./harness/api.ts";
import { PerdureHome } from "./harness/perdure-home.ts";
import { hello, RawConnection, UpgradeRefused, type RawOptions } from "./harness/raw-connection.ts";
import { readLog } from "./harness/session-log.ts";
import { until } from "./harness/until.ts";

let home: PerdureHome;
let bystander: SessionInfo;
let watching: RawConnection;

/** Somebody else's program and viewer, who must not notice anything. */
beforeEach(async () => {
  home = new PerdureHome();
  await home.start();
  bystander = await home.api.create({ command: ["cat"], environment: { variables: home.variables } });
  watching = await RawConnection.greet(home.url, { token: home.token });
  watching.attach(bystander.id);
  await watching.message("attached");
});

afterEach(async () => {
  watching.input(1, 1, "bystander", 1, "unharmed\r");
  await until("the bystander's answer", async () => (await readLog(home, bystander.id)).includes("unharmed"));
  const { run } = await home.api.session(bystander.id);
  const { server } = await home.api.status();
  if (run.id !== bystander.run.id || run.state.is !== "running") throw new Error(`the bystander was harmed: ${JSON.stringify(run)}`);
  if (server.pid !== home.server.pid) throw new Error("the server is another");
  watching.cut();
  await home.close();
});

interface Refused {
  readonly title: string;
  readonly method: string;
  readonly path: string;
  readonly options?: RequestOptions;
  readonly status: number;
  readonly code: string;
}

const key = { "idempotency-key": "once" };
const environment = { variables: { PATH: "/usr/bin:/bin" } };

const refused: readonly Refused[] = [
  { title: "an unknown session", method: "GET", path: "/api/sessions/none", status: 404, code: "unknown-session" },
  {
    title: "an unknown session to end",
    method: "POST",
    path: "/api/sessions/none/end",
    options: { body: {} },
    status: 404,
    code: "unknown-session",
  },
  { title: "an unknown address", method: "GET", path: "/api/none", status: 404, code: "not-found" },
  { title: "no credential", method: "GET", path: "/api/sessions", options: { token: null }, status: 401, code: "unauthorized" },
  { title: "a wrong credential", method: "GET", path: "/api/sessions", options: { token: "wrong" }, status: 401, code: "unauthorized" },
  {
    title: "a foreign Origin",
    method: "GET",
    path: "/api/sessions",
    options: { headers: { origin: "https://evil.example" } },
    status: 403,
    code: "forbidden-origin",
  },
  {
    title: "an Origin that is not one",
    method: "GET",
    path: "/api/sessions",
    options: { headers: { origin: "null" } },
    status: 403,
    code: "forbidden-origin",
  },
  {
    title: "a body that is no JSON",
    method: "POST",
    path: "/api/sessions",
    options: { body: "{", headers: key },
    status: 400,
    code: "bad-request",
  },
  {
    title: "a field that is wrong",
    method: "POST",
    path: "/api/sessions",
    options: { body: { cols: "wide" }, headers: key },
    status: 400,
    code: "bad-request",
  },
  {
    title: "a body over 4 MiB",
    method: "POST",
    path: "/api/sessions",
    options: { body: "x".repeat(5 * 1024 * 1024), headers: key },
    status: 413,
    code: "too-large",
  },
  {
    title: "a directory that does not exist",
    method: "POST",
    path: "/api/sessions",
    options: { body: { command: ["cat"], cwd: "/none/such", environment }, headers: key },
    status: 400,
    code: "cwd-missing",
  },
  {
    title: "a command that does not exist",
    method: "POST",
    path: "/api/sessions",
    options: { body: { command: ["no-such-command"], environment }, headers: key },
    status: 400,
    code: "command-missing",
  },
  {
    title: "a command that cannot be executed",
    method: "POST",
    path: "/api/sessions",
    options: { body: { command: ["/etc/passwd"], environment }, headers: key },
    status: 400,
    code: "command-missing",
  },
];

describe("a request is refused that has", () => {
  test.each(refused)("$title", async ({ method, path, options, status, code }) => {
    const answer = await home.api.send(method, path, options);
    const { error } = parseError(answer);
    expect({ status: answer.status, code: error.code }).toEqual({ status, code });
    expect(error.message.length).toBeGreaterThan(10);
    expect(await home.api.sessions()).toHaveLength(1);
  });

  test("a foreign Host", async () => {
    const { status, text } = await requestWithHost("evil.example");
    expect(status).toBe(421);
    expect(text).toContain("forbidden-host");
  });

  test("a one-time code that is wrong, or was used", async () => {
    const pair = (code: string) => home.api.send("POST", "/api/pair", { body: { code, name: "device" }, token: null });
    expect((await pair("wrong-code")).status).toBe(401);
    const code = await home.api.pairingCode();
    expect((await pair(code)).status).toBe(201);
    expect((await pair(code)).status).toBe(401);
  });

  test("a credential that was revoked: its connections are closed, too", async () => {
    const body = { code: await home.api.pairingCode(), name: "revoked soon" };
    const paired = JSON.parse((await home.api.send("POST", "/api/pair", { body, token: null })).text) as { device: string; token: string };
    const connection = await RawConnection.greet(home.url, { token: paired.token });
    await home.api.revoke(paired.device);
    expect((await connection.closed).code).toBe(CLOSE.unauthorized);
    const answer = await home.api.send("GET", "/api/sessions", { token: paired.token });
    expect(answer.status).toBe(401);
    expect(await closeOf({ token: paired.token })).toBe(CLOSE.unauthorized);
  });
});

describe("an upgrade is refused or closed with its reason that has", () => {
  test("no credential, or a wrong one", async () => {
    expect(await closeOf({})).toBe(CLOSE.unauthorized);
    expect(await closeOf({ token: "wrong" })).toBe(CLOSE.unauthorized);
  });

  test("a foreign Origin or Host", async () => {
    for (const [headers, status] of [[{ origin: "https://evil.example" }, 403] as const, [{ host: "evil.example" }, 421] as const]) {
      const opened = RawConnection.open(home.url, { token: home.token, headers });
      await expect(opened).rejects.toThrow(UpgradeRefused);
      await expect(opened).rejects.toMatchObject({ status });
    }
  });
});

describe("a connection is closed that sends", () => {
  const sent: readonly { readonly title: string; readonly frames: readonly Uint8Array[]; readonly code: number }[] = [
    { title: "something before its hello", frames: [encodeControl({ type: "watch" })], code: CLOSE.badMessage },
    { title: "another protocol number", frames: [encodeControl(hello(CLIENT_PROTOCOL + 1))], code: CLOSE.wrongProtocol },
    { title: "an unknown type of frame", frames: [encodeControl(hello()), Uint8Array.of(99, 0, 0)], code: CLOSE.badMessage },
    { title: "an empty frame", frames: [encodeControl(hello()), new Uint8Array(0)], code: CLOSE.badMessage },
    { title: "a frame that is too short", frames: [encodeControl(hello()), Uint8Array.of(4, 0, 0, 0, 1)], code: CLOSE.badMessage },
    { title: "a message that is no JSON", frames: [encodeControl(hello()), Uint8Array.of(1, 0x7b)], code: CLOSE.badMessage },
    {
      title: "a frame over 128 KiB",
      frames: [encodeControl(hello()), Buffer.concat([Uint8Array.of(4), Buffer.alloc(MAX_CLIENT_FRAME_BYTES)])],
      code: CLOSE.tooLarge,
    },
  ];
  test.each(sent)("$title", async ({ frames, code }) => {
    const connection = await RawConnection.open(home.url, { token: home.token });
    for (const frame of frames) connection.bytes(frame);
    expect((await connection.closed).code).toBe(code);
  });

  test("text", async () => {
    const connection = await RawConnection.greet(home.url, { token: home.token });
    connection.socket.send("text");
    expect((await connection.closed).code).toBe(CLOSE.badMessage);
  });
});

test("attaching to an unknown session is an error of that channel alone", async () => {
  const connection = await RawConnection.greet(home.url, { token: home.token });
  connection.attach("none", { channel: 7 });
  expect(await connection.message("error")).toMatchObject({ channel: 7, code: "unknown-session" });
  connection.attach(bystander.id, { channel: 8 });
  expect(await connection.message("attached")).toMatchObject({ channel: 8 });
  connection.cut();
});

test("input that skips a number, is for another run or comes twice takes no effect", async () => {
  const connection = await RawConnection.greet(home.url, { token: home.token });
  connection.attach(bystander.id);
  await connection.message("attached");
  connection.input(1, 1, "w", 2, "gap\r");
  expect(await connection.message("input-refused")).toMatchObject({ reason: "gap", expected: 1 });
  connection.input(1, 2, "w", 1, "future\r");
  expect(await connection.message("input-refused")).toMatchObject({ reason: "unknown-run" });
  connection.input(1, 1, "w", 1, "once\r");
  // The terminal echoes when it is typed to, the program answers when it has read: one after the other, so that they do not mix.
  await until("the first answer", async () => (await readLog(home, bystander.id)).includes("once\r\nonce\r\n"));
  connection.input(1, 1, "w", 2, "twice\r");
  await until("the second answer", async () => (await readLog(home, bystander.id)).includes("twice\r\ntwice"));
  expect((await readLog(home, bystander.id)).toString()).toBe("once\r\nonce\r\ntwice\r\ntwice\r\n");
  connection.cut();
});

async function closeOf(options: RawOptions): Promise<number> {
  const connection = await RawConnection.open(home.url, options);
  return (await connection.closed).code;
}

/** `fetch` sets its own Host. */
async function requestWithHost(host: string): Promise<{ status: number; text: string }> {
  const { request } = await import("node:http");
  return new Promise((resolve, reject) => {
    const headers = { host, authorization: `Bearer ${home.token}` };
    const asked = request({ host: "127.0.0.1", port: home.port, path: "/api/status", headers }, (response) => {
      let text = "";
      response.on("data", (piece: Buffer) => (text += piece.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on("error", reject);
    asked.end();
  });
}
