// oxlint-disable import/no-unassigned-import -- the package puts the classes of IndexedDB into the global scope.
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { MAX_MESSAGE_CHARACTERS } from "@perdure/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { outboxBench, quiet, shownBy } from "../testing/outbox-bench.ts";
import { openMessages } from "./indexed-db-messages.ts";
import { createMemoryMessages } from "./kept-messages.ts";
import { EXPIRES_AFTER_MS, MAX_WAITING } from "./message-changes.ts";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function noRoom(): never {
  throw new DOMException("no room", "QuotaExceededError");
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

describe.each([
  ["in memory", () => createMemoryMessages()],
  ["in IndexedDB", () => openMessages()],
])("the outbox %s", (_where, open) => {
  test("keeps a message until the server has it, then forgets it", async () => {
    const { open: openPage, server } = outboxBench();
    const outbox = openPage({ store: open(), isConnected: false });
    const id = await outbox.send("s1", "hello");
    expect(id).toMatch(UUID_V4);
    await quiet();
    expect(outbox.messages).toEqual([{ id, session: "s1", text: "hello", createdAt: 1_000_000, state: { is: "waiting" } }]);
    expect(server.asked).toEqual([]);
    outbox.connection(true);
    await quiet();
    expect(server.taken.get(id)).toMatchObject({ session: "s1", text: "hello" });
    expect(outbox.messages).toEqual([]);
  });

  test("sends the messages of a session one after the other in order, those of another beside them", async () => {
    const { open: openPage, server } = outboxBench();
    server.fate = () => "hold";
    const outbox = openPage({ store: open() });
    await Promise.all([outbox.send("s1", "one"), outbox.send("s1", "two"), outbox.send("s2", "other"), outbox.send("s1", "three")]);
    await quiet();
    expect(server.asked.toSorted()).toEqual(["send one", "send other"]);
    expect(shownBy(outbox)).toEqual(["one: sending", "two: waiting", "other: sending", "three: waiting"]);
    for (let answer = 0; answer < 3; answer += 1) {
      server.letGo();
      await quiet();
    }
    expect(server.texts.filter((text) => text !== "other")).toEqual(["one", "two", "three"]);
    expect(outbox.messages).toEqual([]);
  });

  test("sends again what may not have arrived, under the same id: it counts once", async () => {
    const { open: openPage, server, clock } = outboxBench();
    const fates = ["lose", "lose-answer"] as const;
    server.fate = () => fates[server.asked.length - 1] ?? "go";
    const outbox = openPage({ store: open() });
    await outbox.send("s1", "hello");
    await quiet();
    expect(shownBy(outbox)).toEqual(["hello: waiting"]);
    clock.advance(1000);
    await quiet();
    expect(server.texts).toEqual(["hello"]);
    clock.advance(1999);
    await quiet();
    expect(server.asked).toHaveLength(2);
    clock.advance(1);
    await quiet();
    expect(server.asked).toHaveLength(3);
    expect(server.texts).toEqual(["hello"]);
    expect(outbox.messages).toEqual([]);
  });

  test("asks about a message that waited for a day, and sends it if the user says so", async () => {
    const { open: openPage, server, clock } = outboxBench();
    const outbox = openPage({ store: open(), isConnected: false });
    const id = await outbox.send("s1", "yesterday");
    clock.advance(EXPIRES_AFTER_MS - 1);
    await outbox.send("s1", "today");
    expect(shownBy(outbox)).toEqual(["yesterday: waiting", "today: waiting"]);
    clock.advance(1);
    await quiet();
    expect(shownBy(outbox)).toEqual(["yesterday: expired", "today: waiting"]);
    outbox.connection(true);
    await quiet();
    expect(server.texts).toEqual(["today"]);
    await outbox.retry(id);
    await quiet();
    expect(server.texts).toEqual(["today", "yesterday"]);
    expect([...server.taken.keys()]).toContain(id);
  });

  test.each(["idempotency-key-reused", "no-conversation", "unknown-session", "session-deleted", "too-large", "bad-request"] as const)(
    "offers a message back that was refused: %s",
    async (code) => {
      const { open: openPage, server } = outboxBench();
      server.fate = () => (server.asked.at(-1) === "send bad" && server.asked.length === 1 ? code : "go");
      const outbox = openPage({ store: open() });
      const id = await outbox.send("s1", "bad");
      await outbox.send("s1", "good");
      await quiet();
      expect(outbox.messages).toMatchObject([{ id, text: "bad", state: { is: "refused", code } }]);
      expect(server.texts).toEqual(["good"]);
      await outbox.retry(id);
      await quiet();
      expect(server.texts).toEqual(["good", "bad"]);
      // Where the id stands for something else, the message gets another.
      expect(server.taken.has(id)).toBe(code !== "idempotency-key-reused");
    },
  );

  test.each(["internal", "unauthorized", "storage-full", "host-unavailable", "rate-limited", "not-found"] as const)(
    "tries again what may go better later: %s",
    async (code) => {
      const { open: openPage, server, clock, problems } = outboxBench();
      server.fate = () => (server.asked.length === 1 ? code : "go");
      const outbox = openPage({ store: open() });
      await outbox.send("s1", "hello");
      await quiet();
      expect(shownBy(outbox)).toEqual(["hello: waiting"]);
      expect(problems).toMatchObject([{ code }]);
      clock.advance(1000);
      await quiet();
      expect(server.texts).toEqual(["hello"]);
    },
  );
});

describe("a message in IndexedDB", () => {
  test("waits for the disk, not only for the browser", async () => {
    const { open } = outboxBench();
    const outbox = open({ store: openMessages(), isConnected: false });
    const transaction = Object.getOwnPropertyDescriptor(IDBDatabase.prototype, "transaction")!;
    const asked: unknown[] = [];
    Object.defineProperty(IDBDatabase.prototype, "transaction", {
      ...transaction,
      value(this: IDBDatabase, ...about: Parameters<IDBDatabase["transaction"]>) {
        asked.push(about.slice(1));
        return (transaction.value as IDBDatabase["transaction"]).apply(this, about);
      },
    });
    await outbox.send("s1", "hello").finally(() => Object.defineProperty(IDBDatabase.prototype, "transaction", transaction));
    expect(asked).toContainEqual(["readwrite", { durability: "strict" }]);
  });

  test("is kept though the browser has lost its database without a word", async () => {
    const { open, server, problems } = outboxBench();
    const outbox = open({ store: openMessages(), isConnected: false });
    await outbox.send("s1", "one");
    const transaction = Object.getOwnPropertyDescriptor(IDBDatabase.prototype, "transaction")!;
    let failures = 1;
    Object.defineProperty(IDBDatabase.prototype, "transaction", {
      ...transaction,
      value(this: IDBDatabase, ...about: Parameters<IDBDatabase["transaction"]>) {
        if (failures-- > 0) throw new DOMException("Connection to Indexed Database server lost.", "InvalidStateError");
        return (transaction.value as IDBDatabase["transaction"]).apply(this, about);
      },
    });
    await outbox.send("s1", "two").finally(() => Object.defineProperty(IDBDatabase.prototype, "transaction", transaction));
    outbox.connection(true);
    await quiet();
    expect(server.texts).toEqual(["one", "two"]);
    expect(problems).toEqual([]);
  });

  test("that the disk has no room for is refused to its sender", async () => {
    const { open, server } = outboxBench();
    const outbox = open({ store: openMessages() });
    const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, "put")!;
    Object.defineProperty(IDBObjectStore.prototype, "put", { ...put, value: noRoom });
    const sending = outbox.send("s1", "hello").finally(() => Object.defineProperty(IDBObjectStore.prototype, "put", put));
    await expect(sending).rejects.toThrow("no room");
    await outbox.send("s1", "hello");
    await quiet();
    expect(server.texts).toEqual(["hello"]);
  });

  test("survives a browser that is killed when `send` has returned", async () => {
    const { open, server } = outboxBench();
    const id = await open({ store: openMessages(), isConnected: false }).send("s1", "hello");
    const later = open({ store: openMessages() });
    await quiet();
    expect([...server.taken.keys()]).toEqual([id]);
    expect(later.messages).toEqual([]);
  });

  test("that was refused or has expired is still offered after a reload", async () => {
    const { open, server, clock } = outboxBench();
    server.fate = () => "bad-request";
    const outbox = open({ store: openMessages() });
    await outbox.send("s1", "bad");
    await quiet();
    outbox.connection(false);
    await outbox.send("s1", "old");
    clock.advance(EXPIRES_AFTER_MS);
    await quiet();
    outbox.close();
    const later = open({ store: openMessages() });
    await quiet();
    expect(shownBy(later)).toEqual(["bad: refused", "old: expired"]);
  });

  test("is not sent by a page that was closed for longer than a day: it asks at once", async () => {
    const { open, server, clock } = outboxBench();
    const outbox = open({ store: openMessages(), isConnected: false });
    await outbox.send("s1", "old");
    outbox.close();
    clock.sleep(EXPIRES_AFTER_MS + 1);
    const later = open({ store: openMessages() });
    await quiet();
    expect(server.asked).toEqual([]);
    expect(shownBy(later)).toEqual(["old: expired"]);
  });

  test("lives as long as the page where the browser refuses a database, and that is said", async () => {
    globalThis.indexedDB = {
      open: () => {
        throw new Error("not in this mode");
      },
    } as unknown as IDBFactory;
    const { open, server } = outboxBench();
    const problems: unknown[] = [];
    const outbox = open({ store: openMessages({ onProblem: (error) => problems.push(error) }) });
    await outbox.send("s1", "hello");
    await quiet();
    expect(problems).toMatchObject([{ message: "not in this mode" }]);
    expect(outbox.isLasting).toBe(false);
    expect(server.texts).toEqual(["hello"]);
  });
});

describe("trying again", () => {
  test("comes less and less often, at most every 30 s", async () => {
    const { open, server, clock } = outboxBench();
    server.fate = () => "lose";
    await open().send("s1", "hello");
    await quiet();
    for (const waitMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const before = server.asked.length;
      clock.advance(waitMs - 1);
      await quiet();
      expect(server.asked).toHaveLength(before);
      clock.advance(1);
      await quiet();
      expect(server.asked).toHaveLength(before + 1);
    }
  });

  test("comes at once with a new connection, and not while there is none", async () => {
    const { open, server, clock } = outboxBench();
    server.fate = () => (server.asked.length < 3 ? "lose" : "go");
    const outbox = open();
    await outbox.send("s1", "hello");
    await quiet();
    clock.advance(1000);
    await quiet();
    expect(server.asked).toHaveLength(2);
    outbox.connection(false);
    clock.advance(60_000);
    await quiet();
    expect(server.asked).toHaveLength(2);
    outbox.connection(true);
    await quiet();
    expect(server.texts).toEqual(["hello"]);
  });

  test("of one session does not keep those of another waiting", async () => {
    const { open, server } = outboxBench();
    server.fate = () => (server.asked.at(-1) === "send one" ? "lose" : "go");
    const outbox = open();
    await outbox.send("s1", "one");
    await outbox.send("s2", "two");
    await quiet();
    expect(server.texts).toEqual(["two"]);
  });
});

describe("what a message may be", () => {
  test("an empty or an endless one is refused before it is kept", async () => {
    const outbox = outboxBench().open();
    await expect(outbox.send("s1", "")).rejects.toMatchObject({ code: "bad-request" });
    await expect(outbox.send("s1", "x".repeat(MAX_MESSAGE_CHARACTERS + 1))).rejects.toMatchObject({ code: "too-large" });
    expect(outbox.messages).toEqual([]);
  });

  test("no more wait than the device has room for", async () => {
    const outbox = outboxBench().open({ isConnected: false });
    for (let count = 0; count < MAX_WAITING; count += 1) await outbox.send("s1", "x");
    await expect(outbox.send("s1", "x")).rejects.toMatchObject({ code: "too-large" });
    expect(outbox.messages).toHaveLength(MAX_WAITING);
  });

  test("none changes its identity, nor the list, as long as it stays as it is", async () => {
    const outbox = outboxBench().open({ store: openMessages(), isConnected: false });
    await outbox.send("s1", "one");
    const [one] = outbox.messages;
    let changes = 0;
    outbox.subscribe(() => (changes += 1));
    await outbox.send("s1", "two");
    expect(outbox.messages[0]).toBe(one);
    expect(changes).toBe(1);
  });
});
