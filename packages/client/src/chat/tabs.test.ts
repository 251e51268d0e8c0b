/** On the platform's own channel and locks, which Node has as a browser does. */
import { expect, test } from "vitest";
import { browserTabs, type TabLocks } from "./tabs.ts";

interface Held {
  readonly release: AbortController;
  readonly granted: Promise<void>;
  readonly over: Promise<void>;
  readonly isGranted: () => boolean;
}

function hold(locks: TabLocks, name: string, steal = false): Held {
  const release = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  let isGranted = false;
  const granted = (): void => {
    isGranted = true;
    resolve();
  };
  return { release, granted: promise, over: locks.hold(name, { steal, release: release.signal, granted }), isGranted: () => isGranted };
}

test("a lock is one page's, until it lets go or another takes it away", async () => {
  const { locks } = browserTabs();
  if (!locks) throw new Error("this platform has no locks");
  const first = hold(locks, "turn");
  await first.granted;
  const second = hold(locks, "turn");
  first.release.abort();
  await Promise.all([first.over, second.granted]);
  const third = hold(locks, "turn", true);
  await Promise.all([second.over, third.granted]);
  const fourth = hold(locks, "turn");
  fourth.release.abort();
  await fourth.over;
  expect(fourth.isGranted()).toBe(false);
  third.release.abort();
  await third.over;
});

test("what one page posts, the others hear, and no longer when they are closed", async () => {
  const { openChannel } = browserTabs();
  const [one, two, three] = Array.from({ length: 3 }, () => openChannel?.("news"));
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const heard: unknown[] = [];
  one?.listen((message) => heard.push(message));
  three?.listen((message) => heard.push(message));
  three?.close();
  two?.listen(resolve);
  one?.post({ is: "changed" });
  expect(await promise).toEqual({ is: "changed" });
  expect(heard).toEqual([]);
  one?.close();
  two?.close();
});
