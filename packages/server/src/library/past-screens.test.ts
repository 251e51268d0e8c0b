import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { SessionInfo } from "@perdure/protocol";
import { afterAll, expect, test } from "vitest";
import { startServer, type RunningServer } from "./start-server.ts";

const home = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-past-"));
const servers: RunningServer[] = [];

afterAll(async () => {
  const [server] = servers;
  if (server) await ask(server, "POST", "/api/shutdown", { all: true }).catch(() => undefined);
  await server?.close();
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

function ask({ url, token }: RunningServer, method: string, address: string, body?: unknown): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, "Idempotency-Key": address };
  return fetch(url + address, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
}

async function session(server: RunningServer, address: string): Promise<SessionInfo> {
  return SessionInfo.parse(await (await ask(server, "GET", address)).json());
}

test("an embedder sees a session's screen as it was at any cursor", async () => {
  const server = await startServer({ home, port: 0 });
  servers.push(server);
  const script = "printf 'first\\r\\n'; read answer; printf '\\033[2J\\033[Hsecond'";
  const request = {
    command: ["/bin/sh", "-c", script],
    cols: 40,
    rows: 5,
    environment: { variables: { PATH: process.env["PATH"] ?? "" } },
  };
  const made = SessionInfo.parse(await (await ask(server, "POST", "/api/sessions", request)).json());
  const address = `/api/sessions/${made.id}`;
  await expect.poll(async () => (await ask(server, "GET", `${address}/screen`)).text(), { timeout: 15_000 }).toContain("first");
  const { cursor } = await session(server, address);
  await ask(server, "POST", `${address}/end`, { graceMs: 0 });
  const end = (await session(server, address)).cursor;

  expect(await server.textAt(made.id, cursor)).toEqual(["first"]);
  expect(await server.textAt(made.id, cursor.replace(/_.*/, "_0000000000000000"))).toEqual([]);
  const { cols, rows, data } = await server.screenAt(made.id, end);
  expect({ cols, rows }).toEqual({ cols: 40, rows: 5 });
  expect(Buffer.from(data).toString()).toContain("first");
  await expect(server.textAt("nobody", cursor)).rejects.toMatchObject({ code: "unknown-session" });
  await expect(server.textAt(made.id, "0000000000000009_0000000000000000")).rejects.toMatchObject({ code: "cursor-gone" });
  await expect(server.textAt(made.id, "no cursor")).rejects.toMatchObject({ code: "bad-request" });
});
