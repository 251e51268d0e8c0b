// oxlint-disable import/no-unassigned-import -- the package puts the classes of IndexedDB into the global scope.
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { quiet } from "../testing/outbox-bench.ts";
import { openDrafts } from "./drafts.ts";

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

test("a draft is there at once on this page, and a moment later for the next, session by session", async () => {
  const clock = new FakeClock();
  const drafts = openDrafts({ clock });
  drafts.set("s1", "to b");
  drafts.set("s1", "to be");
  drafts.set("s2", "other");
  expect(await drafts.get("s1")).toBe("to be");
  expect(await openDrafts().get("s1")).toBe("");
  clock.advance(300);
  await quiet();
  expect(await openDrafts().get("s1")).toBe("to be");
  expect(await openDrafts().get("s2")).toBe("other");
  expect(await openDrafts().get("s3")).toBe("");
});

test("flushed drafts are kept at once, and one that was sent is forgotten", async () => {
  const drafts = openDrafts({ clock: new FakeClock() });
  drafts.set("s1", "to be");
  await drafts.flush();
  expect(await openDrafts().get("s1")).toBe("to be");
  drafts.set("s1", "");
  expect(await drafts.get("s1")).toBe("");
  await drafts.flush();
  expect(await openDrafts().get("s1")).toBe("");
});

test("what is written while the database is asked is newer than what it says", async () => {
  const before = openDrafts({ clock: new FakeClock() });
  before.set("s1", "old");
  await before.flush();
  const drafts = openDrafts({ clock: new FakeClock() });
  const asked = drafts.get("s1");
  drafts.set("s1", "new");
  expect(await asked).toBe("new");
});

test("of drafts that nobody came back to, the oldest go", async () => {
  const clock = new FakeClock();
  const drafts = openDrafts({ clock });
  for (let count = 0; count < 503; count += 1) {
    drafts.set(`s${count}`, `${count}`);
    clock.advance(1);
    await drafts.flush();
  }
  const later = openDrafts();
  expect(await Promise.all(["s0", "s2", "s3", "s502"].map((session) => later.get(session)))).toEqual(["", "", "3", "502"]);
});

test("without IndexedDB drafts live as long as the page, and that is reported", async () => {
  globalThis.indexedDB = {
    open: () => {
      throw new Error("not in this mode");
    },
  } as unknown as IDBFactory;
  const problems: unknown[] = [];
  const drafts = openDrafts({ clock: new FakeClock(), onProblem: (error) => problems.push(error) });
  expect(await drafts.get("s1")).toBe("");
  drafts.set("s1", "here");
  await drafts.flush();
  expect(await drafts.get("s1")).toBe("here");
  expect(problems).toHaveLength(2);
});
