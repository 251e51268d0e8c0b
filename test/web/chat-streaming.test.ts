// An answer of a hundred words a second: the page stays quick while it grows, and what is written is not drawn again. With `npm run screens`
// it goes on for a minute.

import { expect, test } from "vitest";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import type { WebSituation } from "../harness/web-situation.ts";
import { begin, ChatPage, say } from "./chat-page.ts";
import { bigPhone, isDrawing } from "./looks.ts";

const SECONDS = isDrawing ? 60 : 4;
/** Of the time, all tasks longer than 50 ms together; and the longest of them. */
const MOST_BUSY = 0.1;
const LONGEST_MS = 400;
/** One update of the page may end so many blocks and begin the next. */
const NEWEST_BLOCKS = 6;

interface Watched {
  readonly seconds: number;
  readonly longTasksMs: readonly number[];
  readonly frames: number;
  /** Changes in blocks behind which more stand than one update brings. */
  readonly redrawn: number;
  readonly words: number;
}

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

/** Runs in the page for so long. */
async function watch([seconds, newest]: readonly [seconds: number, newest: number]): Promise<Watched> {
  const longTasksMs: number[] = [];
  let [frames, redrawn] = [0, 0];
  const tasks = new PerformanceObserver((list) => longTasksMs.push(...list.getEntries().map(({ duration }) => duration)));
  tasks.observe({ type: "longtask" });
  const changes = new MutationObserver((records) => {
    for (const { target } of records) {
      const element = target instanceof Element ? target : target.parentElement;
      const block = element?.closest(".markdown > *");
      let later = block?.nextElementSibling;
      for (let count = 1; later && count < newest; count += 1) later = later.nextElementSibling;
      if (later) redrawn += 1;
    }
  });
  changes.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  const region = document.querySelector("[aria-label=Conversation]");
  const count = (): number => (region?.textContent ?? "").split(" ").length;
  const before = count();
  const startedAt = performance.now();
  while (performance.now() - startedAt < seconds * 1000) {
    await new Promise((done) => requestAnimationFrame(done));
    frames += 1;
  }
  tasks.disconnect();
  changes.disconnect();
  return { seconds: (performance.now() - startedAt) / 1000, longTasksMs, frames, redrawn, words: count() - before };
}

test(`${SECONDS} s of streaming leave the page quick`, async () => {
  const session = await begin(situation, "streaming", { flags: ["--pace", "5"] });
  const chat = await ChatPage.on(situation, session, bigPhone);
  const { page, transcript, field, badge } = chat;
  await say(situation, session, "/write 1000");
  await transcript.getByRole("heading", { name: "Section 1", exact: true }).waitFor();
  const watched = page.evaluate(watch, [SECONDS, NEWEST_BLOCKS] as const);
  // A person writes meanwhile.
  const typed = "typed while it streams";
  await field.pressSequentially(typed, { delay: 40 });
  expect(await field.inputValue()).toBe(typed);
  const { seconds, longTasksMs, frames, redrawn, words } = await watched;
  const busyMs = longTasksMs.reduce((sum, ms) => sum + ms, 0);
  const figures = `${words} words and ${frames} frames in ${seconds.toFixed(1)} s, ${longTasksMs.length} long tasks, ${Math.round(busyMs)} ms, the longest ${Math.round(Math.max(0, ...longTasksMs))} ms`;
  if (isDrawing) console.log(figures);
  expect(words / seconds).toBeGreaterThan(30);
  expect(redrawn).toBe(0);
  expect(Math.max(0, ...longTasksMs)).toBeLessThan(LONGEST_MS);
  expect(busyMs / (seconds * 1000)).toBeLessThan(MOST_BUSY);
  await chat.button("Stop").click();
  await badge.waitFor({ state: "detached" });
  await soon(async () => transcript.getByText("response interrupted by Stop").count()).toBe(1);
});
