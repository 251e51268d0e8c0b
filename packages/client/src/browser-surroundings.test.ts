import { expect, test } from "vitest";
import { browserSurroundings } from "./browser-surroundings.ts";
import type { SurroundingsEvent } from "./surroundings.ts";

/** As much of a page as the surroundings look at. */
class FakePage extends EventTarget {
  readonly navigator = { onLine: true };
  readonly document: EventTarget & { visibilityState: string } = Object.assign(new EventTarget(), { visibilityState: "visible" });
}

function watch(page: FakePage): { heard: SurroundingsEvent[]; stop: () => void } {
  const heard: SurroundingsEvent[] = [];
  return { heard, stop: browserSurroundings(page as unknown as Window).subscribe((event) => heard.push(event)) };
}

test("a page tells what happens to it and to its network", () => {
  const page = new FakePage();
  const { heard } = watch(page);
  for (const name of ["online", "offline", "pageshow", "pagehide", "focus"]) page.dispatchEvent(new Event(name));
  for (const name of ["freeze", "resume", "visibilitychange"]) page.document.dispatchEvent(new Event(name));
  expect(heard).toEqual(["online", "offline", "pageshow", "pagehide", "focus", "freeze", "resume", "visible"]);
});

test("a page that is hidden is no reason to look", () => {
  const page = new FakePage();
  const { heard } = watch(page);
  page.document.visibilityState = "hidden";
  page.document.dispatchEvent(new Event("visibilitychange"));
  expect(heard).toEqual([]);
});

test("nobody is told any more after the last goodbye", () => {
  const page = new FakePage();
  const { heard, stop } = watch(page);
  stop();
  page.dispatchEvent(new Event("online"));
  page.document.dispatchEvent(new Event("resume"));
  expect(heard).toEqual([]);
});

test("the network is what the browser says of it", () => {
  const page = new FakePage();
  const surroundings = browserSurroundings(page as unknown as Window);
  expect(surroundings.isOnline()).toBe(true);
  page.navigator.onLine = false;
  expect(surroundings.isOnline()).toBe(false);
});
