// The server is gone for a while: what was shown stays readable and says how old it is; what is typed arrives once, or is offered back.

import { expect, test } from "vitest";
import type { AppPage } from "../harness/app-page.ts";
import { signal, untilGone } from "../harness/processes.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import { shellPrompt, type WebSituation } from "../harness/web-situation.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

/** Tries until the next attempt is so far away that it does not come between two lines of a test. */
async function wearOut({ page }: AppPage): Promise<void> {
  await soon(async () => {
    const words = await page.getByRole("status").first().textContent();
    const seconds = Number(/Reconnecting in (\d+) s/.exec(words ?? "")?.[1] ?? 0);
    if (seconds > 0 && seconds < 8) await page.getByRole("button", { name: "Retry now" }).click();
    return seconds;
  }).toBeGreaterThanOrEqual(8);
}

async function opacity({ page }: AppPage): Promise<number> {
  return Number(await page.getByTestId("terminal").evaluate((element) => getComputedStyle(element).opacity));
}

test("what is typed meanwhile is counted, waits, and arrives once", async () => {
  const session = await situation.session();
  const app = await situation.viewer(session);
  const { page } = app;
  await app.untilRow(shellPrompt);
  await app.enter("echo before-$((40 + 2))");
  await app.untilRow("before-42");
  expect(await opacity(app)).toBe(1);
  await situation.killServer();
  await page.getByText(/^as of \d\d:\d\d$/).waitFor();
  await soon(() => opacity(app)).toBeLessThan(0.7);
  expect(await app.rows()).toContain("before-42");

  const line = "echo meanwhile-$((40 + 2))";
  await app.type(line[0] ?? "");
  await page.getByText("1 key not sent yet").waitFor();
  await app.enter(line.slice(1));
  await page.getByText(`${line.length + 1} keys not sent yet`).waitFor();
  await wearOut(app);
  expect(await app.rows()).not.toContain("meanwhile-42");

  await situation.startServer();
  await page.getByRole("button", { name: "Retry now" }).click();
  await app.untilRow("meanwhile-42");
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByText("not sent yet").waitFor({ state: "detached" });
  await soon(() => opacity(app)).toBe(1);
  const printed = (await situation.history(session)).split("\n").filter((row) => row.endsWith("-42"));
  expect(printed).toEqual(["before-42", "meanwhile-42"]);
});

test("what was typed for a program that ended meanwhile is offered back, and never typed into the next", async () => {
  const session = await situation.session(["cat"]);
  const app = await situation.viewer(session);
  const { page } = app;
  await app.enter("first");
  await app.untilRow("first");
  const { run } = await situation.home.api.session(session);
  const pid = run.state.is === "running" ? run.state.pid : 0;
  await situation.killServer();
  await app.enter("precious words");
  await page.getByText("15 keys not sent yet").waitFor();
  signal(pid, "SIGKILL");
  await untilGone(pid);
  await situation.startServer();
  const offer = page.getByRole("alert").filter({ hasText: "Not delivered: the program ended before it could read what you typed." });
  await offer.getByText("precious words").waitFor();
  await page.getByText("The program was ended by SIGKILL").waitFor();
  await offer.getByRole("button", { name: /message/i }).click();
  await soon(() => page.getByRole("textbox", { name: "Message" }).inputValue()).toMatch(/^precious words\n?$/);
  await offer.waitFor({ state: "detached" });

  await page.getByRole("button", { name: "Start again" }).click();
  await app.untilRow(/started again/);
  await page.getByText("Live", { exact: true }).waitFor();
  await app.enter("second");
  await app.untilRow("second");
  expect(await situation.history(session)).not.toContain("precious");
  expect(await page.getByRole("textbox", { name: "Message" }).inputValue()).toContain("precious words");
});

test("after ten attempts the page explains itself, stays readable, and comes back after two hours", async () => {
  const session = await situation.session();
  const app = await situation.signedIn();
  const { page } = app;
  await page.clock.install();
  await situation.openSession(app, session);
  await app.untilRow(shellPrompt);
  await app.enter("echo kept-$((40 + 2))");
  await app.untilRow("kept-42");
  await situation.killServer();
  await page.getByText(/^as of/).waitFor();
  const notice = page.getByRole("alert").filter({ hasText: "The server does not answer" });
  await soon(async () => {
    await page.clock.fastForward(45_000);
    return notice.isVisible();
  }).toBe(true);
  await notice.getByText(/^1\d attempts in a row have failed\. What you see is as of \d\d:\d\d\./).waitFor();
  expect(await app.rows()).toContain("kept-42");

  await page.clock.fastForward("02:00:00");
  await situation.startServer();
  await notice.getByRole("button", { name: "Retry now" }).click();
  await page.getByText("Reconnected (away 2 h)").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await notice.waitFor({ state: "detached" });
  await app.enter("echo still-$((40 + 2))");
  await app.untilRow("still-42");
});

test("a home screen without a server keeps its list and says how old it is", async () => {
  await situation.session(["cat"], "kept in the list");
  const app = await situation.signedIn();
  const { page } = app;
  await page.getByText("kept in the list").waitFor();
  await situation.killServer();
  await soon(() => app.connection()).toMatch(/Reconnecting|Connecting/);
  expect(await page.getByRole("region", { name: "Running" }).textContent()).toContain("kept in the list");
  await situation.startServer();
  await soon(() => app.connection()).toBe("Live");
});
