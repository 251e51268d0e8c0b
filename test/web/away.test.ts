// A page that was away: frozen by the browser, left for another page and found again with the back button, stopped as a whole. The session
// goes on meanwhile. Afterwards the page's terminal is, in every field, that of somebody who never left, and nothing is there twice.

import type { CDPSession } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { AppPage } from "../harness/app-page.ts";
import { BrowserProfile } from "../harness/browser-profile.ts";
import { noteTerminals, untilShown } from "../harness/shown-terminal.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import { nobodyThere, shellPrompt, type WebSituation } from "../harness/web-situation.ts";
import { ExactPage } from "./exact-page.ts";

/** Less and more than a page is given as bytes; more makes it begin from a snapshot. */
const amounts = [
  { much: "a little", lines: 3000 },
  { much: "more than can be caught up", lines: 60_000 },
];

let situation: WebSituation;
let page: ExactPage;

webForThisFile((made) => {
  situation = made;
});

afterEach(async () => {
  page.stayed.close();
  await page.app.page.close();
});

/** In the browser's own window: only there do tabs hide one another, and only a hidden page is frozen. */
async function openShell(): Promise<void> {
  page = await ExactPage.openIn(situation, situation.lasting, ["sh"]);
  await page.stayed.untilRow(shellPrompt);
  await page.app.enter("echo before-$((1 + 1))");
  await page.stayed.untilRow("before-2");
  await page.untilExact();
}

/** Prints numbered lines, and this word behind them; resolves when the server has them. */
async function print(lines: number, word: string): Promise<void> {
  page.stayed.type(`seq -f 'line %.0f 漢字' 1 ${lines}; echo ${word}-$((1 + 1))\r`);
  await page.stayed.untilRow(`${word}-2`);
}

/** Pages that look at the session, as the server sees it. */
async function pages(): Promise<number> {
  return (await situation.home.api.session(page.session)).watchers.filter(({ kind }) => kind === "web").length;
}

/** Typed into the page it arrives once, and the page is exact again. */
async function goOn(word: string): Promise<void> {
  await page.untilExact();
  await page.app.enter(`echo ${word}-$((40 + 2))`);
  await page.stayed.untilRow(`${word}-42`);
  await page.untilExact();
  const rows = (await situation.history(page.session)).split("\n");
  expect(rows.filter((row) => row === `${word}-42`)).toHaveLength(1);
}

async function frozen(state: "frozen" | "active", session: CDPSession): Promise<void> {
  await session.send("Page.setWebLifecycleState", { state });
}

test.each(amounts)("frozen, while the program prints $much", async ({ lines }) => {
  await openShell();
  const context = page.app.page.context();
  const session = await context.newCDPSession(page.app.page);
  const other = await context.newPage();
  await other.bringToFront();
  // What the browser says of the socket that the page itself is closing. Another one it must not have opened.
  situation.expectProblem(/^WebSocket connection to '' failed: Page entered Back-Forward Cache/);
  await frozen("frozen", session);
  await soon(pages).toBe(0);
  await print(lines, "meanwhile");
  await page.app.page.bringToFront();
  await frozen("active", session);
  await other.close();
  expect(await page.difference()).toBeUndefined();
  await goOn("thawed");
});

test("in the back/forward cache, while the program prints more than can be caught up", async () => {
  await openShell();
  const { page: tab } = page.app;
  situation.expectProblem(/favicon\.ico/);
  await tab.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
  await tab.goto(situation.elsewhere);
  await soon(pages).toBe(0);
  await print(60_000, "meanwhile");
  await tab.evaluate(() => history.back());
  await soon(() => tab.url()).toContain("/s/");
  await page.untilExact();
  expect(await tab.evaluate(() => Object.hasOwn(globalThis, "isSamePage"))).toBe(true);
  await goOn("returned");
});

test("a browser that reads nothing for long holds nobody up, and is exact as soon as it runs again", { timeout: 120_000 }, async () => {
  await openShell();
  const profile = new BrowserProfile();
  try {
    const { context, pid } = await profile.launch();
    await noteTerminals(context);
    const stalled = await AppPage.open(context, await situation.link());
    await stalled.untilHome();
    await situation.openSession(stalled, page.session);
    await untilShown(stalled.page, page.stayed.state);
    process.kill(-pid, "SIGSTOP");
    await print(200_000, "flood");
    await goOn("flooded");
    expect(await pages()).toBe(2);
    process.kill(-pid, "SIGCONT");
    await untilShown(stalled.page, page.stayed.state);
    await stalled.enter("echo again-$((1 + 1))");
    await page.stayed.untilRow("again-2");
    for (const each of [page.app, stalled]) await untilShown(each.page, page.stayed.state);
  } finally {
    situation.expectProblem(nobodyThere);
    await profile.close();
  }
});
