// Snapshots as the product's own page draws them: a program plays a recording piece by piece in a session, and between the pieces the page
// leaves the session and returns, or is loaded anew. Each time its terminal must be the one that stayed, in every field; and again when the
// next piece has come.

import { readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { PlayedScreen } from "../../packages/server/src/testing/screen/cut.ts";
import { seededRandom } from "../../packages/server/src/testing/recordings.ts";
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
/** What the page keeps beside the emulator's own state. */
const ofEngineAlone = new Set(["colours", "keyboard"]);

const player = fileURLToPath(new URL("../programs/player.ts", import.meta.url));
const walker = fileURLToPath(new URL("../../packages/server/src/testing/screen/engine-state.ts", import.meta.url));

type State = Readonly<Record<string, string>>;
interface Walked {
  readonly size: { readonly cols: number; readonly rows: number };
  readonly state: State;
  readonly unlinked: State;
}

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
  await context.addInitScript({ content: findTerminals() });
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
    const walked = await walk(page);
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

async function leaveAndReturn(page: Page): Promise<void> {
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
  let last: Walked | undefined;
  try {
    await until(
      "the same terminal",
      async () => {
        last = await walk(page);
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

function firstDifference(stayed: State, page: State): string | undefined {
  for (const [field, value] of Object.entries(stayed)) {
    if (!ofEngineAlone.has(field) && value !== (page[field] ?? "undefined"))
      return `${field} is ${page[field]?.slice(0, 300) ?? "missing"}, not ${value.slice(0, 300)}`;
  }
  return undefined;
}

function walk(page: Page): Promise<Walked> {
  return page.evaluate(() => (globalThis as unknown as { readonly walkTerminal: () => Walked }).walkTerminal());
}

/** Notes each emulator as it is made, in the page as it is, and walks the last one that is shown. */
function findTerminals(): string {
  const source = stripTypeScriptTypes(readFileSync(walker, "utf8")).replaceAll(/^export /gm, "");
  return `(() => {
    ${source}
    const cores = [];
    Object.defineProperty(Object.prototype, "_core", {
      configurable: true,
      set(value) {
        Object.defineProperty(this, "_core", { value, writable: true, configurable: true, enumerable: true });
        if (value && value._inputHandler) cores.push(value);
      },
    });
    globalThis.walkTerminal = () => {
      const core = cores.findLast((each) => each.element?.isConnected);
      if (!core) throw new Error("no terminal is shown");
      return { size: { cols: core.cols, rows: core.rows }, state: engineState(core), unlinked: engineState(core, { hasLinks: false }) };
    };
  })();`;
}
