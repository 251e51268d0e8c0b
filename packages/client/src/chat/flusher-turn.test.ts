/** Several pages of one browser over one outbox: one sends, all see it, and nobody waits for a page that is frozen or gone. */
import { describe, expect, test } from "vitest";
import { FakeBrowser } from "../testing/fake-browser.ts";
import { outboxBench, quiet, shownBy } from "../testing/outbox-bench.ts";
import { ANSWER_MS, PATIENCE_MS } from "./flusher-turn.ts";
import { createMemoryMessages, type KeptMessages } from "./kept-messages.ts";

/** As a database that all pages have. */
function sharedMessages(): KeptMessages {
  return Object.defineProperty({ ...createMemoryMessages() }, "isShared", { value: true });
}

function pagesBench(hasLocks: boolean) {
  const browser = new FakeBrowser({ hasLocks });
  const store = sharedMessages();
  const bench = outboxBench();
  const openPage = (isConnected = true) => {
    const page = browser.openPage();
    return { page, outbox: bench.open({ store, tabs: page, isConnected }) };
  };
  /** Enough for a page to notice that nobody sends. */
  const wait = async (ms = 2 * ANSWER_MS): Promise<void> => {
    bench.clock.advance(ms);
    await quiet();
  };
  return { ...bench, browser, openPage, wait };
}

describe.each([
  ["by locks", true],
  ["by word of mouth", false],
])("whose turn it is, %s:", (_how, hasLocks) => {
  test("one page sends what both have, once, and both see it go", async () => {
    const { openPage, server, wait } = pagesBench(hasLocks);
    server.fate = () => "hold";
    const [first, second] = [openPage(), openPage()];
    await first.outbox.send("s1", "one");
    await wait();
    await second.outbox.send("s2", "two");
    await wait();
    expect(server.asked).toEqual(["send one", "send two"]);
    for (const { outbox } of [first, second]) expect(shownBy(outbox)).toEqual(["one: sending", "two: sending"]);
    const arrived: string[] = [];
    first.outbox.onArrived(({ text }) => arrived.push(text));
    second.outbox.onArrived(({ text }) => arrived.push(text));
    server.letGo();
    await wait();
    expect(server.asked).toHaveLength(2);
    expect(arrived.toSorted()).toEqual(["one", "one", "two", "two"]);
    for (const { outbox } of [first, second]) expect(outbox.messages).toEqual([]);
  });

  test("what one page edits and removes, the other sees", async () => {
    const { openPage, wait } = pagesBench(hasLocks);
    const [first, second] = [openPage(false), openPage(false)];
    const id = await first.outbox.send("s1", "one");
    await quiet();
    expect(shownBy(second.outbox)).toEqual(["one: waiting"]);
    await second.outbox.edit(id, "uno");
    await quiet();
    expect(shownBy(first.outbox)).toEqual(["uno: waiting"]);
    await first.outbox.remove(first.outbox.messages[0]?.id ?? "");
    await wait();
    expect(second.outbox.messages).toEqual([]);
  });

  test("a page without a connection lets another send", async () => {
    const { openPage, server, wait } = pagesBench(hasLocks);
    const [first, second] = [openPage(), openPage()];
    await first.outbox.send("s1", "one");
    await wait();
    first.outbox.connection(false);
    await first.outbox.send("s1", "two");
    await wait();
    expect(server.texts).toEqual(["one", "two"]);
    expect(second.outbox.messages).toEqual([]);
  });

  test("a page that is closed leaves the turn to the other", async () => {
    const { openPage, server, wait } = pagesBench(hasLocks);
    const [first, second] = [openPage(), openPage()];
    await first.outbox.send("s1", "one");
    await wait();
    first.outbox.close();
    await second.outbox.send("s1", "two");
    await wait();
    expect(server.texts).toEqual(["one", "two"]);
  });

  test("a page that is killed while it sends leaves its message to the other, and the server takes it once", async () => {
    const { openPage, server, wait } = pagesBench(hasLocks);
    const [first, second] = [openPage(), openPage()];
    server.fate = () => (server.asked.length === 1 ? "hold" : "go");
    await first.outbox.send("s1", "one");
    await wait();
    first.page.kill();
    await wait(PATIENCE_MS + 4 * ANSWER_MS);
    await wait(PATIENCE_MS + 4 * ANSWER_MS);
    expect(server.asked).toEqual(["send one", "send one"]);
    expect(server.texts).toEqual(["one"]);
    expect(second.outbox.messages).toEqual([]);
  });

  test("a frozen page loses its turn, and does not mind when it is back", async () => {
    const { openPage, server, wait } = pagesBench(hasLocks);
    const [first, second] = [openPage(), openPage()];
    await first.outbox.send("s1", "one");
    await wait();
    first.page.freeze();
    // It runs no timers either, and its network is gone.
    await second.outbox.send("s1", "two");
    await wait();
    expect(server.texts).toEqual(["one", "two"]);
    first.page.thaw();
    await wait();
    await first.outbox.send("s1", "three");
    await wait();
    await second.outbox.send("s1", "four");
    await wait();
    expect(server.texts).toEqual(["one", "two", "three", "four"]);
    expect(server.asked).toHaveLength(4);
  });
});
