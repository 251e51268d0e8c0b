// What a client says with its upgrade request, in the address, is answered as if it had said it on the socket.

import { CLIENT_PROTOCOL, CLOSE, decodeServerFrame, encodeControl, type ServerFrame, withEarlyFrames } from "@perdure/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startScratchServer, type ScratchServer } from "../testing/scratch-server.ts";

let server: ScratchServer;
beforeAll(async () => {
  server = await startScratchServer();
}, 30_000);
afterAll(() => server.close(), 30_000);

const hello = encodeControl({
  type: "hello",
  protocol: CLIENT_PROTOCOL,
  features: [],
  client: { kind: "library", name: "early", version: "0" },
});

/** Control messages until there are so many, or the connection is closed; nothing is ever sent on the socket. */
function heard(url: string, token: string, count: number): Promise<{ readonly types: readonly string[]; readonly code: number }> {
  const socket = new WebSocket(url, { headers: { Authorization: `Bearer ${token}` } });
  const frames: ServerFrame[] = [];
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data: Buffer) => {
      frames.push(decodeServerFrame(data));
      if (frames.length === count) socket.close(1000);
    });
    socket.on("close", (code) => {
      resolve({ types: frames.map((frame) => (frame.is === "control" ? frame.message.type : frame.is)), code });
    });
  });
}

function address(...frames: readonly Uint8Array[]): string {
  return withEarlyFrames(`${server.url.replace("http", "ws")}/api/socket`, frames).url;
}

test("hello and an attachment are answered before the client has said a word on the socket", async () => {
  const attach = { type: "attach", channel: 1, session: "none", mode: "screen", visible: true, readOnly: false } as const;
  const { types } = await heard(address(hello, encodeControl({ type: "watch" }), encodeControl(attach)), server.token, 3);
  expect(types).toEqual(["hello", "sessions", "error"]);
});

test("without a credential nothing of it is read", async () => {
  expect(await heard(address(hello), "wrong", 1)).toEqual({ types: [], code: CLOSE.unauthorized });
});

test("what is no frame, and what comes before hello, closes the connection", async () => {
  expect(await heard(`${address()}?early=*`, server.token, 9)).toMatchObject({ code: CLOSE.badMessage });
  expect(await heard(address(encodeControl({ type: "watch" })), server.token, 9)).toMatchObject({ code: CLOSE.badMessage });
});
