// oxlint-disable import/no-unassigned-import -- the package puts the classes of IndexedDB into the global scope.
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { quiet } from "../testing/outbox-bench.ts";
import { type Draft, openDrafts } from "./drafts.ts";

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
  expect(await openDrafts({ clock }).get("s1")).toBe("");
  clock.advance(300);
  await quiet();
  expect(await openDrafts({ clock }).get("s1")).toBe("to be");
  expect(await openDrafts({ clock }).get("s2")).toBe("other");
  expect(await openDrafts({ clock }).get("s3")).toBe("");
});

test("flushed drafts are kept at once, and one that was sent is forgotten", async () => {
  const clock = new FakeClock();
  const drafts = openDrafts({ clock });
  drafts.set("s1", "to be");
  await drafts.flush();
  expect(await openDrafts({ clock }).get("s1")).toBe("to be");
  drafts.set("s1", "");
  expect(await drafts.get("s1")).toBe("");
  await drafts.flush();
  expect(await openDrafts({ clock }).get("s1")).toBe("");
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
  const later = openDrafts({ clock });
  expect(await Promise.all(["s0", "s2", "s3", "s502"].map((session) => later.get(session)))).toEqual(["", "", "3", "502"]);
});

test("a page that was left before the database had the last words finds them in the tab", async () => {
  const clock = new FakeClock();
  const inTab = new Map<string, Draft>();
  const tab = { load: (session: string) => inTab.get(session), save: (session: string, draft: Draft) => void inTab.set(session, draft) };
  const drafts = openDrafts({ clock, tab });
  drafts.set("s1", "to be");
  await drafts.flush();
  clock.advance(1);
  drafts.set("s1", "to be or not");
  const later = openDrafts({ clock, tab });
  expect(await later.get("s1")).toBe("to be or not");
  expect(await openDrafts({ clock }).get("s1")).toBe("to be");
  drafts.set("s1", "");
  // What was sent does not come back from the database.
  expect(await later.get("s1")).toBe("");
});

test("what was written later on another page counts", async () => {
  const clock = new FakeClock();
  const [here, there] = [openDrafts({ clock }), openDrafts({ clock })];
  here.set("s1", "here");
  await here.flush();
  clock.advance(1);
  there.set("s1", "there");
  await there.flush();
  expect(await here.get("s1")).toBe("there");
});

test("a draft that nobody came back to within a month is forgotten", async () => {
  const clock = new FakeClock();
  const drafts = openDrafts({ clock });
  drafts.set("s1", "old");
  clock.advance(24 * 3600 * 1000);
  drafts.set("s2", "newer");
  await drafts.flush();
  clock.advance(29.5 * 24 * 3600 * 1000);
  const later = openDrafts({ clock });
  expect([await later.get("s1"), await later.get("s2")]).toEqual(["", "newer"]);
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
  expect(problems).toHaveLength(3);
});
