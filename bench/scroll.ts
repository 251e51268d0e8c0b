// How deep a history is to scroll, and whether its length is felt: any line of 1,000,000 in the app's own page against attaching, and attaching
// to 1,000,000 lines against 1,000, with the screen awake, asleep, and after a start of the server.

import { setTimeout as after } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { PerdureHome } from "../test/harness/perdure-home.ts";
import { Random } from "../test/harness/random.ts";
import { until } from "../test/harness/until.ts";
import { judge, median, type Bench, type BenchContext, type Finding } from "./bench.ts";
import { withHome } from "./home.ts";
import { openBrowserPage, type BrowserPage } from "./page/browser-page.ts";

const size = { cols: 120, rows: 40 } as const;
const manyLines = 1_000_000;
const fewLines = 1_000;
/** A screen that nobody uses sleeps after ten seconds. */
const asleepAfterMs = 13_000;
const jumpTimeoutMs = 30_000;

export const scroll: Bench = {
  name: "scroll",
  question: "any line of 1,000,000 in the browser, against attaching; attaching to 1,000,000 lines, against 1,000",
  run: (context) => withHome((home) => measure(home, context)),
};

async function measure(home: PerdureHome, context: BenchContext): Promise<readonly Finding[]> {
  const sessions = { other: await printed(home, fewLines), few: await printed(home, fewLines), many: await printed(home, manyLines) };
  const findings: Finding[] = [];
  const page = await openBrowserPage(home, size);
  try {
    const awake = await inTurns(context, page, sessions, () => Promise.resolve());
    findings.push(...(await measureJumps(page, context, sessions.many, typical(awake.many))), compared("awake", awake));
    findings.push(compared("asleep", await inTurns(context, page, sessions, () => after(asleepAfterMs))));
  } finally {
    await page.close();
  }
  findings.push(compared("after a server start", await afterStarts(home, context, sessions)));
  return findings;
}

/** Of one session, by when in its turn it was shown. */
interface Places {
  readonly first: number[];
  readonly second: number[];
}

interface Times {
  readonly few: Places;
  readonly many: Places;
}

function noTimes(): Times {
  return { few: { first: [], second: [] }, many: { first: [], second: [] } };
}

/**
 * What is shown first takes longer: behind a start 1.3 times as long, whichever it is, because page and server do much of it for the first time.
 * So both sessions are as often first, and each place counts as much as the other.
 */
function typical({ first, second }: Places): number {
  return (median(first) + median(second)) / 2;
}

/** So that both are as often first. */
function turnsOf({ rounds }: BenchContext): number {
  return rounds + (rounds % 2);
}

function compared(when: string, { few, many }: Times): Finding {
  const [value, limit] = [typical(many), typical(few)];
  return judge({ name: `attach: 1,000,000 lines, against 1,000, ${when}`, value, unit: "ms", limit, rule: "ratio at most", accept: 1.2 });
}

/** `other` is shown first: what starts with the first screen is on the way of neither. */
interface Sessions {
  readonly other: string;
  readonly few: string;
  readonly many: string;
}

/** Both sessions in turns, now one first and now the other; each round after `before`, the first one only to warm up. */
async function inTurns(context: BenchContext, page: BrowserPage, sessions: Sessions, before: () => Promise<void>): Promise<Times> {
  const times = noTimes();
  for (let round = -1; round < turnsOf(context); round += 1) {
    await before();
    await oneTurn(page, sessions, round, round < 0 ? noTimes() : times);
  }
  return times;
}

async function oneTurn(page: BrowserPage, { other, few, many }: Sessions, round: number, times: Times): Promise<void> {
  await page.show(other, "screen");
  const isManyFirst = round % 2 === 0;
  const first = await page.show(isManyFirst ? many : few, "screen");
  const second = await page.show(isManyFirst ? few : many, "screen");
  times[isManyFirst ? "many" : "few"].first.push(first);
  times[isManyFirst ? "few" : "many"].second.push(second);
}

/** Each round has a server of its own. */
async function afterStarts(home: PerdureHome, context: BenchContext, sessions: Sessions): Promise<Times> {
  const times = noTimes();
  for (let round = 0; round < turnsOf(context); round += 1) {
    await home.server.kill();
    await home.start();
    const page = await openBrowserPage(home, size);
    try {
      await page.show(sessions.other, "screen");
      await oneTurn(page, sessions, round, times);
    } finally {
      await page.close();
    }
  }
  return times;
}

/** From a press on the scrollbar until the rows there are painted; each press goes to a part that nobody has read before. */
async function measureJumps(page: BrowserPage, context: BenchContext, session: string, attachMs: number): Promise<readonly Finding[]> {
  const app = await page.app(session);
  const random = new Random(context.seed);
  const times: number[] = [];
  try {
    await app.getByText(lineOf(manyLines), { exact: true }).first().waitFor();
    for (let round = 0; round < context.rounds * 2; round += 1) {
      // Far from where the bar stands, which would be a press on its thumb.
      times.push(await jump(app, (0.05 * random.next() + 0.37 * round) % 0.9));
    }
  } finally {
    await app.close();
  }
  const rule = "ratio at most";
  return [
    judge({
      name: "scroll: to any line of 1,000,000, against attaching",
      value: median(times),
      unit: "ms",
      limit: attachMs,
      rule,
      accept: 10,
    }),
    judge({ name: "scroll: the slowest of them", value: Math.max(...times), unit: "ms", limit: attachMs, rule, accept: 10 }),
  ];
}

async function jump(app: Page, share: number): Promise<number> {
  const box = await app.getByRole("scrollbar", { name: "History" }).boundingBox();
  if (!box) throw new Error("there is no scrollbar");
  const before = await topLine(app);
  const startedMs = performance.now();
  await app.mouse.click(box.x + box.width / 2, box.y + Math.max(1, (box.height - 1) * share));
  await app.waitForFunction(
    (old) => {
      const lines = [...document.querySelectorAll<HTMLElement>(".reading.is-open .reading-line")];
      const { top = 0 } = document.querySelector(".reading")?.getBoundingClientRect() ?? {};
      const first = lines.find((line) => line.getBoundingClientRect().bottom > top + 1);
      return first !== undefined && first.dataset["line"] !== old && lines.every((line) => !line.classList.contains("is-missing"));
    },
    before,
    { polling: "raf", timeout: jumpTimeoutMs },
  );
  return performance.now() - startedMs;
}

function topLine(app: Page): Promise<string | null> {
  return app.evaluate(() => {
    const { top = 0 } = document.querySelector(".reading")?.getBoundingClientRect() ?? {};
    const lines = [...document.querySelectorAll<HTMLElement>(".reading.is-open .reading-line")];
    return lines.find((line) => line.getBoundingClientRect().bottom > top + 1)?.dataset["line"] ?? null;
  });
}

/** Of one width, so that both screens have as many characters. */
function lineOf(number: number): string {
  return `line ${String(number).padStart(7, "0")}`;
}

async function printed(home: PerdureHome, lines: number): Promise<string> {
  const command = ["/bin/sh", "-c", `seq -f 'line %07.0f' ${lines}; exec cat`];
  const { id } = await home.api.create({ command, environment: { variables: home.variables }, ...size });
  const isWhole = async (): Promise<boolean> => {
    const { text } = await home.api.send("GET", `/api/sessions/${id}/screen`);
    return text.trimEnd().endsWith(lineOf(lines));
  };
  await until(`${lines} lines printed`, isWhole, { timeoutMs: 120_000, everyMs: 100 });
  return id;
}
