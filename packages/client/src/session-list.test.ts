import { expect, test } from "vitest";
import { clientBench } from "./testing/client-bench.ts";
import { sessionInfo } from "./testing/fake-session.ts";

const ids = (client: { sessions: readonly { id: string }[] | undefined }) => client.sessions?.map(({ id }) => id);

test("nobody looks at the list: it is not asked for", () => {
  const { client, network } = clientBench();
  expect(network.accept().sent("watch")).toEqual([]);
  expect(client.sessions).toBeUndefined();
});

test("the list is ordered by activity, newest first, and follows every change", () => {
  const { client, network } = clientBench();
  let changes = 0;
  client.subscribeSessions(() => (changes += 1));
  const socket = network.accept();
  expect(socket.sent("watch")).toHaveLength(1);
  socket.control({ type: "session", session: sessionInfo({ id: "early" }) });
  expect(client.sessions).toBeUndefined();
  socket.control({
    type: "sessions",
    sessions: [sessionInfo({ id: "a", lastActivityAt: 1 }), sessionInfo({ id: "b", lastActivityAt: 2 })],
  });
  expect(ids(client)).toEqual(["b", "a"]);
  socket.control({ type: "session", session: sessionInfo({ id: "a", lastActivityAt: 3 }) });
  expect(ids(client)).toEqual(["a", "b"]);
  socket.control({ type: "session", session: sessionInfo({ id: "c", lastActivityAt: 4 }) });
  socket.control({ type: "removed", session: "b" });
  expect(ids(client)).toEqual(["c", "a"]);
  expect(changes).toBe(4);
});

test("the list is asked for again after a reconnect, and until then shows what was known", () => {
  const { client, network, clock } = clientBench();
  client.subscribeSessions(() => undefined);
  network.accept().control({ type: "sessions", sessions: [sessionInfo({ id: "a" })] });
  network.last.break();
  expect(ids(client)).toEqual(["a"]);
  clock.advance(1000);
  const socket = network.accept();
  expect(socket.sent("watch")).toHaveLength(1);
  socket.control({ type: "sessions", sessions: [] });
  expect(ids(client)).toEqual([]);
});

test("a list in parts is shown when it is whole; parts of a lost connection are forgotten", () => {
  const { client, network, clock } = clientBench();
  client.subscribeSessions(() => undefined);
  network.accept().control({ type: "sessions", sessions: [sessionInfo({ id: "old" })], more: true });
  expect(client.sessions).toBeUndefined();
  network.last.break();
  clock.advance(1000);
  const socket = network.accept();
  socket.control({ type: "sessions", sessions: [sessionInfo({ id: "a", lastActivityAt: 1 })], more: true });
  expect(client.sessions).toBeUndefined();
  socket.control({ type: "sessions", sessions: [sessionInfo({ id: "b", lastActivityAt: 2 })] });
  expect(ids(client)).toEqual(["b", "a"]);
});

test("a second looker does not ask twice; after the last has gone it is not asked for on the next connection", () => {
  const { client, network, clock } = clientBench();
  const socket = network.accept();
  const first = client.subscribeSessions(() => undefined);
  const second = client.subscribeSessions(() => undefined);
  expect(socket.sent("watch")).toHaveLength(1);
  first();
  second();
  socket.break();
  clock.advance(1000);
  expect(network.accept().sent("watch")).toEqual([]);
});

test("a listener that throws keeps no other from hearing", async () => {
  const { client, network } = clientBench();
  const thrown: unknown[] = [];
  const catcher = (error: unknown) => thrown.push(error);
  process.once("uncaughtException", catcher);
  let heard = 0;
  client.subscribe(() => {
    throw new Error("a bug of the application");
  });
  client.subscribe(() => (heard += 1));
  const others = process.listeners("uncaughtException").filter((one) => one !== catcher);
  for (const other of others) process.removeListener("uncaughtException", other);
  network.accept();
  await new Promise((resolve) => setImmediate(resolve));
  for (const other of others) process.on("uncaughtException", other);
  process.removeListener("uncaughtException", catcher);
  expect(heard).toBe(1);
  expect(thrown).toHaveLength(1);
});
