// Snapshots as the product's own page draws them: a program plays a recording piece by piece in a session, and between the pieces the page
// leaves the session and returns, or is loaded anew. Each time its terminal must be the one that stayed, in every field; and again when the
// next piece has come.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { PlayedScreen } from "../../packages/server/src/testing/screen/cut.ts";
import { seededRandom } from "../../packages/server/src/testing/recordings.ts";
import { firstDifference, noteTerminals, walkTerminal, type WalkedTerminal } from "../harness/shown-terminal.ts";
import { until } from "../harness/until.ts";
import { WebSituation } from "../harness/web-situation.ts";
import { readRecordings, type Recording } from "../screen/recording.ts";
import type { FaultReport, FaultRun } from "./fault-run.ts";

const scrollback = 1000;
const settleMs = 6000;
/** Columns that a session has before a page that is wider has looked at it. */
const sessionCols = 80;
/** Each so manieth return is a load of the page, the others are ways within it. */
const loadEach = 10;

const player = fileURLToPath(new URL("../programs/player.ts", import.meta.url));

export const cutPageRun: FaultRun = {
  name: "cut-page",
  question: "is the page's terminal, after it was left and found again at any cut, the one that stayed, in every field?",
  times: 500,
  async run({ times, seed, say }) {
    const situation = new WebSituation({});
    try {
      await situation.start();
      return await cutAll(situation, times, seed, say);
    } finally {
      await situation.close();
    }
  },
};

async function cutAll(situation: WebSituation, times: number, seed: number, say: (line: string) => void): Promise<FaultReport> {
  const recordings = readRecordings();
  const context = await situation.device();
  await noteTerminals(context);
  const page = await context.newPage();
  await page.goto(await situation.link());
  await page.getByRole("button", { name: "New session" }).first().waitFor();
  const rows: FaultReport["rows"][number][] = [];
  const failures: string[] = [];
  for (const [index, recording] of recordings.entries()) {
    const cuts = Math.round((times * (index + 1)) / recordings.length) - Math.round((times * index) / recordings.length);
    if (cuts === 0) continue;
    const count = await cutInPage({ situation, page, recording, cuts, seed: seed + index });
    rows.push({ recording: recording.name, cuts, exact: cuts - count.failures.length - count.links, links: count.links });
    failures.push(...count.failures.slice(0, 2));
    say(`${recording.name}: ${cuts} cuts, ${count.failures.length} failed`);
  }
  return { rows, failures };
}

interface CutInPage {
  readonly situation: WebSituation;
  readonly page: Page;
  readonly recording: Recording;
  readonly cuts: number;
  readonly seed: number;
}

async function cutInPage({ situation, page, recording, cuts, seed }: CutInPage): Promise<{ failures: string[]; links: number }> {
  const { home } = situation;
  const [file, upto] = [home.path(`${recording.name}.bytes`), home.path(`${recording.name}.upto`)];
  writeFileSync(file, recording.bytes);
  writeFileSync(upto, "0");
  const session = await situation.session([process.execPath, player, "--file", file, "--upto", upto]);
  const address = `${new URL(page.url()).origin}/s/${session}`;
  await page.goto(address);
  await page.locator(".xterm-rows").waitFor();
  const size = await until("the page's own size", async () => {
    const walked = await walkTerminal(page);
    return walked.size.cols === sessionCols ? undefined : walked.size;
  });
  const stayed = new PlayedScreen(size, scrollback);
  const random = seededRandom(seed);
  const places = Array.from({ length: cuts }, () => random(recording.bytes.length + 1)).toSorted((a, b) => a - b);
  const failures: string[] = [];
  let links = 0;
  let from = 0;
  for (const [index, to] of places.entries()) {
    stayed.play(recording.bytes.subarray(from, to));
    from = to;
    writeFileSync(upto, String(to));
    const live = await untilSame(page, stayed);
    if (index % loadEach === 0) await page.reload();
    else await leaveAndReturn(page);
    await page.locator(".xterm-rows").waitFor();
    const again = await untilSame(page, stayed);
    const found = live ?? again;
    if (found === "links") links += 1;
    else if (found !== undefined)
      failures.push(`${recording.name} at ${to} ${live === undefined ? "after the return" : "before it"}: ${found}`);
  }
  stayed.close();
  await situation.home.api.delete(session);
  return { failures, links };
}

/** By ways within the page. */
export async function leaveAndReturn(page: Page): Promise<void> {
  await page.evaluate(() => {
    const address = location.pathname;
    history.pushState(null, "", "/");
    dispatchEvent(new PopStateEvent("popstate"));
    return new Promise<void>((resolve) => {
      const check = (): void => {
        if (document.querySelector(".xterm-rows") !== null) return void requestAnimationFrame(check);
        history.pushState(null, "", address);
        dispatchEvent(new PopStateEvent("popstate"));
        resolve();
      };
      check();
    });
  });
}

/** Resolves with nothing when they are the same, with "links" when they differ in links alone, else with the first field that stays different. */
async function untilSame(page: Page, stayed: PlayedScreen): Promise<string | undefined> {
  const [state, unlinked] = [stayed.state(), stayed.state(false)];
  let last: WalkedTerminal | undefined;
  try {
    await until(
      "the same terminal",
      async () => {
        last = await walkTerminal(page);
        return firstDifference(state, last.state) === undefined;
      },
      { timeoutMs: settleMs },
    );
    return undefined;
  } catch {
    if (!last) return "no terminal";
    return firstDifference(unlinked, last.unlinked) === undefined ? "links" : firstDifference(state, last.state);
  }
}
