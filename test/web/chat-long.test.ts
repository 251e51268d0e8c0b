// A conversation of two thousand messages: it opens at its end, at once, and all of it can be read by scrolling.

import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import { until } from "../harness/until.ts";
import { phone, type WebSituation } from "../harness/web-situation.ts";

const TURNS = 1000;

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

async function longConversation(): Promise<string> {
  const { api } = situation.home;
  const environment = { variables: situation.home.variables };
  const agent = { agent: "demo", flags: ["--pace", "0"] };
  const { id } = await api.create({ agent, cwd: situation.home.path("user"), name: "long", environment });
  for (let turn = 1; turn <= TURNS; turn += 1) {
    const answer = await api.send("PUT", `/api/sessions/${id}/messages/${randomUUID()}`, { body: { text: `/tool number-${turn}` } });
    expect(answer.status).toBe(200);
  }
  const messages = async (): Promise<boolean> => (await api.session(id)).chat?.messages === 2 * TURNS;
  await until("all answers", messages, { timeoutMs: 90_000, everyMs: 250, report: () => "" });
  return id;
}

async function rows(page: Page): Promise<number> {
  return page.locator("[data-row]").count();
}

test("two thousand messages open at their end and are read to the beginning", async () => {
  const session = await longConversation();
  const app = await situation.signedIn(phone);
  const { page } = app;
  await page.goto(`${new URL(app.url).origin}/s/${session}`);
  const transcript = page.getByRole("region", { name: "Conversation" });
  await transcript.getByText(`/tool number-${TURNS}`).waitFor();
  expect(await rows(page)).toBeLessThan(200);
  await soon(() => transcript.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)).toBeLessThan(2);

  let last = -1;
  for (let round = 0; round < 200 && !(await transcript.getByText("/tool number-1", { exact: true }).isVisible()); round += 1) {
    await transcript.evaluate((box) => box.scrollBy(0, -2500));
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    last = round;
  }
  await transcript.getByText("/tool number-1", { exact: true }).waitFor();
  expect(last).toBeGreaterThan(5);
  expect(await rows(page)).toBe(2 * TURNS);
  const frames = await transcript.evaluate(
    (box) =>
      new Promise<number>((resolve) => {
        const startedAt = performance.now();
        let count = 0;
        const step = (): void => {
          box.scrollBy(0, 900);
          count += 1;
          if (performance.now() - startedAt < 2000) requestAnimationFrame(step);
          else resolve(count / 2);
        };
        requestAnimationFrame(step);
      }),
  );
  expect(frames).toBeGreaterThan(5);

  const early = transcript.getByText("/tool number-150", { exact: true });
  await early.evaluate((element) => element.scrollIntoView());
  await soon(() => early.isVisible()).toBe(true);
  await page.reload();
  await early.waitFor();
  await soon(() => early.evaluate((element) => Math.abs(element.getBoundingClientRect().top) < innerHeight)).toBe(true);

  await page.getByRole("button", { name: "Latest" }).click();
  await transcript.getByText(`/tool number-${TURNS}`, { exact: true }).waitFor();
  await soon(() => transcript.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)).toBeLessThan(2);
});
