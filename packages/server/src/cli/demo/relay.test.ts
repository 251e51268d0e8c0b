import { once } from "node:events";
import * as net from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openRelay, type Relay } from "./relay.ts";

let echo: net.Server;
let relay: Relay;

beforeEach(async () => {
  echo = net.createServer((socket) => socket.on("error", () => undefined).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  relay = await openRelay(() => (echo.address() as net.AddressInfo).port);
});

afterEach(async () => {
  await relay.close();
  await new Promise((resolve) => echo.close(resolve));
});

function connect(): net.Socket {
  return net.connect({ port: Number(new URL(relay.url).port), host: "127.0.0.1" }).on("error", () => undefined);
}

function closed(socket: net.Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

test("what is sent through it comes back", async () => {
  const socket = connect();
  socket.write("hello");
  const [data] = (await once(socket, "data")) as [Buffer];
  expect(data.toString()).toBe("hello");
  socket.destroy();
});

test("a cut closes what is open and accepts nothing, until it is over", async () => {
  const before = connect();
  before.write("x");
  await once(before, "data");
  relay.setCut(true);
  await closed(before);
  await closed(connect());
  relay.setCut(false);
  const after = connect();
  after.write("y");
  const [data] = (await once(after, "data")) as [Buffer];
  expect(data.toString()).toBe("y");
  after.destroy();
});
