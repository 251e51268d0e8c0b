import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import {
  CLIENT_PROTOCOL,
  CLOSE,
  decodeServerFrame,
  encodeControl,
  encodeInput,
  type ErrorBody,
  type ServerFrame,
  type SessionInfo,
} from "@perdure/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { startScratchServer, type ScratchServer } from "../testing/scratch-server.ts";

let server: ScratchServer;
let keys = 0;
beforeAll(async () => {
  server = await startScratchServer();
}, 30_000);
afterAll(() => server.close(), 30_000);

const newKey = (): string => `key-${(keys += 1)}`;

async function create(body: object, key = newKey()): Promise<{ status: number; session: SessionInfo }> {
  const response = await server.request("POST", "/api/sessions", { body, headers: { "Idempotency-Key": key } });
  return { status: response.status, session: (await response.json()) as SessionInfo };
}

async function failure(response: Response): Promise<{ status: number; code: string; message: string }> {
  const { error } = (await response.json()) as ErrorBody;
  return { status: response.status, code: error.code, message: error.message };
}

/** A raw client that gathers frames and can wait for one. */
class RawClient {
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<number>;
  readonly #ws: WebSocket;
  #check: () => void = () => undefined;

  constructor(headers: Record<string, string> = { Authorization: `Bearer ${server.token}` }) {
    this.#ws = new WebSocket(`${server.url.replace("http", "ws")}/api/socket`, { headers });
    this.#ws.binaryType = "nodebuffer";
    this.#ws.on("message", (data: Buffer) => {
      this.frames.push(decodeServerFrame(data));
      this.#check();
    });
    this.#ws.on("error", () => undefined);
    this.closed = new Promise((resolve) => this.#ws.on("close", (code) => resolve(code)));
  }

  ready(): Promise<void> {
    return new Promise((resolve, reject) => this.#ws.once("open", resolve).once("error", reject));
  }

  async open(protocol = CLIENT_PROTOCOL): Promise<this> {
    await this.ready();
    this.send(encodeControl({ type: "hello", protocol, features: [], client: { kind: "library", name: "test", version: "0" } }));
    return this;
  }

  send(frame: Uint8Array | string): void {
    this.#ws.send(frame);
  }

  attach(session: string, options: { mode?: "screen" | "log"; cursor?: string; readOnly?: boolean } = {}): void {
    const { mode = "screen", readOnly = false, cursor } = options;
    this.send(
      encodeControl({
        type: "attach",
        channel: 1,
        session,
        mode,
        visible: true,
        readOnly,
        cols: 80,
        rows: 24,
        ...(cursor ? { cursor } : {}),
      }),
    );
  }

  async until<T>(find: (frames: readonly ServerFrame[]) => T | undefined): Promise<T> {
    for (;;) {
      const found = find(this.frames);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#check = resolve;
      });
    }
  }

  control(type: string) {
    return this.until((frames) => frames.find((frame) => frame.is === "control" && frame.message.type === type));
  }

  /** Waits until the watched list says that the session's program has ended. */
  untilEnded(session: string): Promise<SessionInfo> {
    return this.until((frames) => frames.flatMap(listed).find((each) => each.id === session && each.run.state.is === "exited"));
  }

  text(): string {
    const parts = this.frames.flatMap((frame) =>
      frame.is === "output" || frame.is === "snapshot" ? [Buffer.from(frame.data).toString()] : [],
    );
    return parts.join("");
  }

  close(): void {
    this.#ws.close();
  }
}

/** The sessions that a message of the watched list names. */
function listed(frame: ServerFrame): readonly SessionInfo[] {
  if (frame.is !== "control") return [];
  if (frame.message.type === "sessions") return frame.message.sessions;
  return frame.message.type === "session" ? [frame.message.session] : [];
}

describe("making a session", () => {
  it("starts a program whose output can be read back", async () => {
    const { status, session } = await create({ command: ["sh", "-c", "echo one; echo two; exec sleep 60"] });
    expect(status).toBe(201);
    const client = await new RawClient().open();
    client.attach(session.id, { mode: "log" });
    await client.until(() => (client.text().includes("two") ? true : undefined));
    const history = await server.request("GET", `/api/sessions/${session.id}/history?format=text`);
    expect(await history.text()).toBe("one\ntwo\n");
    client.close();
  });

  it("with the same key gives the same session, and starts nothing", async () => {
    const body = { command: ["sleep", "60"] };
    const first = await create(body, "same");
    const second = await create(body, "same");
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.session.id).toBe(first.session.id);
    expect(second.session.run).toEqual(first.session.run);
  });

  it("with the same key at the same moment gives one session", async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => create({ command: ["sleep", "60"] }, "race")));
    expect(new Set(made.map(({ session }) => session.id)).size).toBe(1);
  });

  it.each([
    ["a key used for another request", { command: ["sleep", "1"] }, "same", 409, "idempotency-key-reused"],
    ["a directory that does not exist", { cwd: "/does/not/exist" }, "cwd", 400, "cwd-missing"],
    ["a program that does not exist", { command: ["does-not-exist-7f"] }, "command", 400, "command-missing"],
    ["an empty command", { command: [] }, "empty", 400, "bad-request"],
    ["a zero byte in the command", { command: ["a\0b"] }, "zero", 400, "bad-request"],
    ["a variable without a name", { environment: { variables: { "": "x" } } }, "nameless", 400, "bad-request"],
    ["more than a program can be given", { environment: { variables: { BIG: "x".repeat(1024 * 1024) } } }, "big", 413, "too-large"],
    ["a field of another type", { cols: "wide" }, "type", 400, "bad-request"],
  ])("refuses %s, however often it is asked, and leaves nothing behind", async (_what, body, key, status, code) => {
    const before = await (await server.request("GET", "/api/sessions")).json();
    for (const _attempt of ["first", "repeated"]) {
      const response = await server.request("POST", "/api/sessions", { body, headers: { "Idempotency-Key": key } });
      expect(await failure(response)).toMatchObject({ status, code });
    }
    expect(await (await server.request("GET", "/api/sessions")).json()).toEqual(before);
  });

  it("needs a key", async () => {
    expect(await failure(await server.request("POST", "/api/sessions", { body: {} }))).toMatchObject({ code: "idempotency-key-missing" });
  });
});

describe("a session whose program has ended", () => {
  it("says how, keeps its history, and starts again behind one line", async () => {
    const { session } = await create({ command: ["sh", "-c", "echo first life; exit 3"] });
    const client = await new RawClient().open();
    client.attach(session.id, { mode: "log" });
    client.send(encodeControl({ type: "watch" }));
    await client.untilEnded(session.id);
    const ended = (await (await server.request("GET", `/api/sessions/${session.id}`)).json()) as SessionInfo;
    expect(ended.run.state).toMatchObject({ is: "exited", code: 3, signal: null });
    const again = await server.request("POST", `/api/sessions/${session.id}/runs`, { body: {}, headers: { "Idempotency-Key": newKey() } });
    expect(again.status).toBe(201);
    await client.until(() => (client.text().split("first life").length === 3 ? true : undefined));
    expect(client.text()).toContain("── exited with code 3 · started again");
    const screen = await (await server.request("GET", `/api/sessions/${session.id}/screen`)).text();
    expect(screen).toBe("first life\n── exited with code 3 · started again ──\nfirst life\n");
    client.close();
  });

  it("is said to those attached, also if they do not watch the list", async () => {
    const { session } = await create({ command: ["sh", "-c", "read line; exit 4"] });
    const client = await new RawClient().open();
    client.attach(session.id);
    await client.control("attached");
    client.send(encodeInput({ channel: 1, run: 1, writer: "w", seq: 1, data: Buffer.from("\n") }));
    expect((await client.untilEnded(session.id)).run.state).toMatchObject({ code: 4 });
    client.close();
  });

  it("refuses input: what was typed for one run never reaches the next", async () => {
    const { session } = await create({ command: ["true"] });
    const client = await new RawClient().open();
    client.attach(session.id);
    await client.control("attached");
    client.send(encodeControl({ type: "watch" }));
    await client.untilEnded(session.id);
    client.send(encodeInput({ channel: 1, run: 1, writer: "w", seq: 1, data: Buffer.from("x") }));
    const refused = await client.control("input-refused");
    expect(refused).toMatchObject({ message: { reason: "run-ended", seq: 1 } });
    client.close();
  });
});

describe("typing", () => {
  it("reaches the program once, however often the same number is sent", async () => {
    const { session } = await create({ command: ["sh", "-c", 'stty -echo; echo ready; while read line; do echo "got $line"; done'] });
    const client = await new RawClient().open();
    client.attach(session.id, { mode: "log" });
    await client.until(() => (client.text().includes("ready") ? true : undefined));
    const type = (seq: number, text: string): void =>
      client.send(encodeInput({ channel: 1, run: 1, writer: "w", seq, data: Buffer.from(text) }));
    type(1, "one\n");
    type(1, "one\n");
    type(2, "two\n");
    type(1, "one\n");
    type(3, "three\n");
    await client.until(() => (client.text().includes("got three") ? true : undefined));
    expect(client.text().match(/got \w+/g)).toEqual(["got one", "got two", "got three"]);
    type(9, "gap\n");
    expect(await client.control("input-refused")).toMatchObject({ message: { reason: "gap", expected: 4 } });
    client.close();
  });

  it("is refused to a viewer that only looks", async () => {
    const { session } = await create({ command: ["cat"] });
    const client = await new RawClient().open();
    client.attach(session.id, { readOnly: true });
    await client.control("attached");
    client.send(encodeInput({ channel: 1, run: 1, writer: "w", seq: 1, data: Buffer.from("x") }));
    expect(await client.control("input-refused")).toMatchObject({ message: { reason: "read-only" } });
    client.close();
  });
});

describe("deleting", () => {
  it("ends the program, tells viewers, and the session is gone", async () => {
    const { session } = await create({ command: ["sleep", "60"] });
    const client = await new RawClient().open();
    client.attach(session.id);
    await client.control("attached");
    expect((await server.request("DELETE", `/api/sessions/${session.id}`)).status).toBe(204);
    expect(await client.control("detached")).toMatchObject({ message: { reason: "deleted" } });
    expect(await failure(await server.request("GET", `/api/sessions/${session.id}`))).toMatchObject({
      status: 404,
      code: "unknown-session",
    });
    client.close();
  });
});

describe("credentials", () => {
  it.each([
    ["none", {}],
    ["a wrong one", { Authorization: "Bearer wrong" }],
    ["a cookie of another name", { Cookie: "perdure=wrong" }],
  ])("%s is refused, over HTTP and at the upgrade", async (_what, headers) => {
    expect(await failure(await fetch(`${server.url}/api/sessions`, { headers }))).toMatchObject({ status: 401, code: "unauthorized" });
    expect(await new RawClient(headers).closed).toBe(CLOSE.unauthorized);
  });

  it.each([
    ["GET", "/api"],
    ["HEAD", "/api/sessions"],
    ["OPTIONS", "/api/sessions"],
    ["GET", "/%61pi/sessions"],
    ["GET", "/api/sessions/"],
    ["GET", "/api//sessions"],
    ["POST", "/api/pair/"],
    ["POST", "/api/shutdown"],
    ["GET", "/api/nothing"],
  ])("are asked for by %s %s, too", async (method, at) => {
    const { port } = new URL(server.url);
    const request = http.request({ host: "127.0.0.1", port, method, path: at, headers: { Host: "localhost" } }).end();
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(401);
  });

  it("come from a code that works once", async () => {
    const { code } = (await (await server.request("POST", "/api/pairing-codes")).json()) as { code: string };
    const pair = (): Promise<Response> =>
      fetch(`${server.url}/api/pair`, { method: "POST", body: JSON.stringify({ code, name: "phone" }) });
    const paired = await pair();
    expect(paired.status).toBe(201);
    expect(paired.headers.get("set-cookie")).toMatch(/^perdure_[0-9a-f]{8}=.*HttpOnly; SameSite=Strict/);
    expect(await failure(await pair())).toMatchObject({ status: 401 });
  });

  it("of a cookie count only from the page that this server serves", async () => {
    const { code } = (await (await server.request("POST", "/api/pairing-codes")).json()) as { code: string };
    const paired = await fetch(`${server.url}/api/pair`, { method: "POST", body: JSON.stringify({ code, name: "desk" }) });
    const cookie = paired.headers.get("set-cookie")?.split(";")[0] ?? "";
    const asks = async (origin?: string): Promise<number> =>
      (await fetch(`${server.url}/api/sessions`, { headers: { Cookie: cookie, ...(origin ? { Origin: origin } : {}) } })).status;
    expect(await asks()).toBe(200);
    expect(await asks(server.url)).toBe(200);
    expect(await asks("http://localhost:3000")).toBe(401);
    expect(await asks("https://evil.example")).toBe(403);
  });

  it("that are revoked close their connections", async () => {
    const { code } = (await (await server.request("POST", "/api/pairing-codes")).json()) as { code: string };
    const paired = await fetch(`${server.url}/api/pair`, { method: "POST", body: JSON.stringify({ code, name: "lost phone" }) });
    const { device, token } = (await paired.json()) as { device: string; token: string };
    const client = await new RawClient({ Authorization: `Bearer ${token}` }).open();
    await client.control("hello");
    expect((await server.request("DELETE", `/api/devices/${device}`)).status).toBe(204);
    expect(await client.closed).toBe(CLOSE.unauthorized);
    expect((await fetch(`${server.url}/api/sessions`, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(401);
  });
});

describe("a foreign Host", () => {
  it("is refused, so that a name that points here is of no use", async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const { port } = new URL(server.url);
      http
        .get({ host: "127.0.0.1", port, path: "/", headers: { Host: "evil.example" } }, (response) => resolve(response.statusCode ?? 0))
        .on("error", reject);
    });
    expect(status).toBe(421);
  });
});

describe("a client that does not speak as agreed", () => {
  it.each([
    [
      "another protocol number",
      CLOSE.wrongProtocol,
      (client: RawClient) =>
        client.send(encodeControl({ type: "hello", protocol: 99, features: [], client: { kind: "web", name: "", version: "" } })),
    ],
    ["no hello first", CLOSE.badMessage, (client: RawClient) => client.send(encodeControl({ type: "watch" }))],
    ["no JSON", CLOSE.badMessage, (client: RawClient) => client.send(Buffer.from([1, 123, 125, 125]))],
    ["an unknown frame", CLOSE.badMessage, (client: RawClient) => client.send(Buffer.from([250]))],
    ["an empty frame", CLOSE.badMessage, (client: RawClient) => client.send(Buffer.alloc(0))],
    ["text", CLOSE.badMessage, (client: RawClient) => client.send("hello")],
    ["text that would be a control frame", CLOSE.badMessage, (client: RawClient) => client.send('\u0001{"type":"ping","id":1}')],
    ["a frame that is too large", CLOSE.tooLarge, (client: RawClient) => client.send(Buffer.alloc(200 * 1024, 1))],
  ])("is told so and closed: %s", async (_what, code, speak) => {
    const client = new RawClient();
    await client.ready();
    speak(client);
    expect(await client.closed).toBe(code);
    expect((await server.request("GET", "/api/status")).status).toBe(200);
  });

  it("is told that a session does not exist, and stays connected", async () => {
    const client = await new RawClient().open();
    client.attach("nothing");
    expect(await client.control("error")).toMatchObject({ message: { code: "unknown-session", channel: 1 } });
    client.close();
  });
});

/** An upgrade by hand, to say what no WebSocket library says. */
async function upgraded(headers = ""): Promise<net.Socket> {
  const socket = net.connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.write(
    `GET /api/socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`,
  );
  await once(socket, "data");
  return socket;
}

describe("a frame that breaks the WebSocket protocol itself", () => {
  it.each([
    ["somebody without a credential", () => ""],
    ["a client", () => `Authorization: Bearer ${server.token}\r\n`],
  ])("sent by %s ends that connection alone", async (_who, headers) => {
    const socket = await upgraded(headers());
    socket.resume().end(Buffer.from([0xff, 0x00]));
    await once(socket, "close");
    expect((await server.request("GET", "/api/status")).status).toBe(200);
  });
});

describe("the app's own files", () => {
  it("are served without a credential, with a policy that lets nothing foreign run", async () => {
    const page = await fetch(`${server.url}/sessions/1`);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect((await fetch(`${server.url}/../../etc/passwd`)).status).not.toBe(500);
    expect((await fetch(`${server.url}/%2e%2e/%2e%2e/package.json`)).status).toBe(404);
  });
});
