// Pages that are away for minutes while their program goes on printing: one frozen by the browser, one in the back/forward cache, one whose whole
// browser is stopped, as on a device that sleeps. When they are back each is, in every field, the terminal of somebody who never left, and what
// is typed into it arrives once.

import { setTimeout as delay } from "node:timers/promises";
import type { BrowserContext, Page } from "playwright-core";
import { AppPage } from "../harness/app-page.ts";
import { BrowserProfile } from "../harness/browser-profile.ts";
import { noteTerminals, untilShown } from "../harness/shown-terminal.ts";
import { StayedTerminal } from "../harness/stayed-terminal.ts";
import { until } from "../harness/until.ts";
import { WebSituation } from "../harness/web-situation.ts";
import type { FaultReport, FaultRun } from "./fault-run.ts";

const awayMs = 150_000;
/** Far more than a page is given as bytes. */
const linesPerSecond = 200;

/** How a page goes away, and how it comes back. */
interface Away {
  readonly name: string;
  leave(): Promise<void>;
  comeBack(): Promise<void>;
  readonly app: AppPage;
}

export const pageAwayRun: FaultRun = {
  name: "page-away",
  question: `is the page's terminal the one that stayed, after it was away for ${awayMs / 1000} s: frozen, in the back/forward cache, stopped with its browser?`,
  times: 1,
  async run({ times, say }) {
    const situation = new WebSituation({});
    const sleeping = new BrowserProfile();
    try {
      await situation.start();
      return await goAway(situation, sleeping, times, say);
    } finally {
      await sleeping.close();
      await situation.close();
    }
  },
};

async function goAway(situation: WebSituation, sleeping: BrowserProfile, times: number, say: (line: string) => void): Promise<FaultReport> {
  const session = await situation.session(["sh"]);
  const stayed = await StayedTerminal.of(situation.home, session);
  const away = [await frozen(situation, session), await cached(situation, session), await stopped(situation, session, sleeping)];
  const rows: FaultReport["rows"][number][] = [];
  const failures: string[] = [];
  for (let time = 1; time <= times; time += 1) {
    for (const each of away) await untilShown(each.app.page, stayed.state);
    for (const each of away) await each.leave();
    const pages = async (): Promise<number> =>
      (await situation.home.api.session(session)).watchers.filter(({ kind }) => kind === "web").length;
    const seconds = awayMs / 1000;
    stayed.type(
      `i=0; while [ $i -lt ${seconds} ]; do seq -f "$i: %.0f 漢字" 1 ${linesPerSecond}; i=$((i + 1)); sleep 1; done; echo over-$((${time} + 100))\r`,
    );
    await delay(awayMs);
    await stayed.untilRow(`over-${time + 100}`, awayMs);
    say(`${await pages()} pages still look at it`);
    for (const each of away) {
      await each.comeBack();
      const backMs = performance.now();
      const found = await exact(each, stayed, `${each.name}-${time}`);
      if (found !== undefined) failures.push(`${each.name}: ${found}`);
      rows.push({
        time,
        away: each.name,
        "MB printed": (stayed.bytes / 1e6).toFixed(1),
        "exact after ms": Math.round(performance.now() - backMs),
      });
    }
  }
  failures.push(...(await typedOnce(situation, session, away, times)));
  stayed.close();
  return { rows, failures };
}

async function exact({ app }: Away, stayed: StayedTerminal, word: string): Promise<string | undefined> {
  try {
    await untilShown(app.page, stayed.state);
    await app.enter(`echo ${word}-$((40 + 2))`);
    await stayed.untilRow(`${word}-42`);
    await untilShown(app.page, stayed.state);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

async function typedOnce(situation: WebSituation, session: string, away: readonly Away[], times: number): Promise<readonly string[]> {
  const lines = (await situation.history(session)).split("\n");
  const words = away.flatMap(({ name }) => Array.from({ length: times }, (_, index) => `${name}-${index + 1}-42`));
  return words
    .map((word) => ({ word, count: lines.filter((line) => line === word).length }))
    .filter(({ count }) => count !== 1)
    .map(({ word, count }) => `${word} is there ${count} times`);
}

async function openPage(situation: WebSituation, session: string, context: BrowserContext): Promise<AppPage> {
  await noteTerminals(context);
  const app = await AppPage.open(context, await situation.link());
  await app.untilHome();
  await situation.openSession(app, session);
  return app;
}

/** In the browser's own window: only there do tabs hide one another, and only a hidden page is frozen. */
async function frozen(situation: WebSituation, session: string): Promise<Away> {
  const context = situation.lasting;
  const app = await openPage(situation, session, context);
  const cdp = await context.newCDPSession(app.page);
  const front = await context.newPage();
  return {
    name: "frozen",
    app,
    async leave() {
      await front.bringToFront();
      await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
    },
    async comeBack() {
      await app.page.bringToFront();
      await cdp.send("Page.setWebLifecycleState", { state: "active" });
    },
  };
}

async function cached(situation: WebSituation, session: string): Promise<Away> {
  const app = await openPage(situation, session, await situation.device());
  return {
    name: "cached",
    app,
    async leave() {
      await app.page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
      await app.page.goto(situation.elsewhere);
    },
    async comeBack() {
      await app.page.evaluate(() => history.back());
      await until("the page itself, not a new one", () => app.page.url().includes("/s/") && isSame(app.page));
    },
  };
}

/** What Chromium keeps in the cache for at most ten minutes. */
function isSame(page: Page): Promise<boolean> {
  return page.evaluate(() => Object.hasOwn(globalThis, "isSamePage"));
}

async function stopped(situation: WebSituation, session: string, profile: BrowserProfile): Promise<Away> {
  const { context, pid } = await profile.launch();
  const app = await openPage(situation, session, context);
  return {
    name: "stopped",
    app,
    leave: () => Promise.resolve(void process.kill(-pid, "SIGSTOP")),
    comeBack: () => Promise.resolve(void process.kill(-pid, "SIGCONT")),
  };
}
