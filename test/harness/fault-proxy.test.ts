import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FaultProxy } from "./fault-proxy.ts";
import { until } from "./until.ts";

let echo: Server;
let proxy: FaultProxy;

beforeEach(async () => {
  echo = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  proxy = await FaultProxy.to((echo.address() as AddressInfo).port);
});

afterEach(async () => {
  await proxy.close();
  await new Promise((resolve) => echo.close(resolve));
});

interface Talker {
  readonly socket: Socket;
  readonly heard: () => string;
  readonly end: Promise<string>;
}

function talk(): Talker {
  const socket = connect({ port: proxy.port, host: "127.0.0.1" });
  let heard = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    heard += text;
  });
  const end = new Promise<string>((resolve) => {
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    socket.on("close", () => resolve("closed"));
  });
  return { socket, heard: () => heard, end };
}

test("without a fault it is a forwarded port", async () => {
  const { socket, heard } = talk();
  socket.write("through");
  await expect.poll(heard).toBe("through");
  socket.destroy();
});

test("what is stalled comes later and whole, what is swallowed never", async () => {
  const { socket, heard, end } = talk();
  socket.write("a");
  await until("the echo", () => heard() === "a");
  proxy.stall();
  socket.write("b");
  const other = talk();
  other.socket.write("other");
  proxy.flow();
  await until("what was held back", () => heard() === "ab" && other.heard() === "other");
  other.socket.destroy();
  proxy.swallow();
  socket.write("c");
  const late = talk();
  await until("a connection that nobody answers", () => proxy.accepted === 3);
  proxy.flow();
  expect(await end).toBe("ECONNRESET");
  expect(await late.end).toBe("ECONNRESET");
  expect(heard()).toBe("ab");
});

test("a connection is cut in the middle of what was sent", async () => {
  proxy.cutAfter("down", 3);
  const { socket, heard, end } = talk();
  socket.write("abcdef");
  await end;
  expect("abc").toContain(heard());
  const { socket: next, heard: heardNext } = talk();
  next.write("abcdef");
  await until("an untouched connection", () => heardNext() === "abcdef");
  next.destroy();
});

test("reset, polite end and refusal are told apart, and the port stays", async () => {
  const first = talk();
  await until("the connection", () => proxy.open === 1);
  proxy.reset();
  expect(await first.end).toBe("ECONNRESET");
  const second = talk();
  second.socket.write("x");
  await until("the echo", () => second.heard() === "x");
  proxy.finish();
  expect(await second.end).toBe("closed");
  proxy.refuse();
  expect(await talk().end).toBe("ECONNREFUSED");
  await proxy.accept();
  const last = talk();
  last.socket.write("again");
  await until("the echo", () => last.heard() === "again");
  last.socket.destroy();
});

test("slices, latency and a narrow line change nothing but the time", async () => {
  const text = "0123456789".repeat(20);
  proxy.shape("up", { sliceBytes: 1 });
  proxy.shape("down", { bytesPerSecond: 4000, latencyMs: 5 });
  const { socket, heard } = talk();
  socket.write(text);
  await expect.poll(heard, { timeout: 10_000 }).toBe(text);
  socket.destroy();
});

test("what is sent one after the other is under way at the same time", async () => {
  proxy.shape("up", { latencyMs: 100 });
  const { socket, heard } = talk();
  const startedMs = performance.now();
  for (const letter of "abcdefghij") {
    socket.write(letter);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until("all of it", () => heard() === "abcdefghij", { everyMs: 1 });
  const tookMs = performance.now() - startedMs;
  expect(tookMs).toBeGreaterThan(95);
  expect(tookMs).toBeLessThan(600);
  socket.destroy();
});
