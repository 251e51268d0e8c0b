import type { AddressInfo } from "node:net";
import { CLIENT_PROTOCOL, encodeControl } from "@perdure/protocol";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { ClientOptions } from "./create-client.ts";
import { createClient } from "./create-client.ts";
import type { Client, ConnectionState } from "./client.ts";

const client = { kind: "cli", name: "test", version: "0" } as const;

/** A server on a free port; what it does with each connection is the test's. */
async function serve(
  accept: (socket: WebSocket, authorization: string | undefined) => void,
): Promise<{ url: string; server: WebSocketServer }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket, request) => accept(socket, request.headers.authorization));
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function connect(options: Pick<ClientOptions, "url" | "openSocket">): Client {
  const made = createClient({ ...options, client });
  onTestFinished(() => made.close());
  return made;
}

function reaches(one: Client, is: ConnectionState["is"]): Promise<void> {
  if (one.state.is === is) return Promise.resolve();
  return new Promise((resolve) => {
    const unsubscribe = one.subscribe(() => {
      if (one.state.is !== is) return;
      unsubscribe();
      resolve();
    });
  });
}

test("Node's ws with a header, and the platform's own WebSocket, both are sockets for the client", async () => {
  const seen: (string | undefined)[] = [];
  const { url } = await serve((socket, authorization) => {
    seen.push(authorization);
    const server = { instance: "i", version: "0", epoch: 1 };
    socket.once("message", () => socket.send(encodeControl({ type: "hello", protocol: CLIENT_PROTOCOL, features: [], server })));
  });
  const withHeader = connect({ url: () => url, openSocket: (to) => new WebSocket(to, { headers: { authorization: "Bearer t" } }) });
  await reaches(withHeader, "connected");
  const own = connect({ url: () => url });
  await reaches(own, "connected");
  expect(seen).toEqual(["Bearer t", undefined]);
});

test("ws is closed while it still connects, and throws nothing that nobody catches", async () => {
  const { url } = await serve(() => undefined);
  const one = connect({ url: () => url, openSocket: (to) => new WebSocket(to) });
  one.close();
  expect(one.state).toEqual({ is: "closed", reason: "asked" });
  await new Promise((resolve) => setImmediate(resolve));
});

test("nobody listens: the client waits and does not give up", async () => {
  const { url, server } = await serve(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  const one = connect({ url: () => url, openSocket: (to) => new WebSocket(to) });
  await reaches(one, "waiting");
  expect(one.state).toMatchObject({ is: "waiting", attempt: 1 });
});
