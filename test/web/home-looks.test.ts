// What the first page looks like with conversations on it and beside it, and the choice of an agent for a new one.

import { randomUUID } from "node:crypto";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { installFakeAgents } from "../../packages/server/src/testing/fake-agent/programs.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import type { WebSituation } from "../harness/web-situation.ts";
import { begin, ChatPage, say, untilState } from "./chat-page.ts";
import { bigDesk, bigPhone, isDrawing, look } from "./looks.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

test("twenty conversations of claude on disk are on the first page, and one tap continues one", async () => {
  const { home } = situation;
  installFakeAgents(home.path("user", ".local", "bin"));
  keepConversations(20);
  const asks = await begin(situation, "asks");
  await say(situation, asks, "/approve rm -r build");
  const works = await begin(situation, "works");
  await say(situation, works, "/hang");
  const shell = await situation.session(["sh"], "a shell");
  await untilState(situation, asks, "asking");
  await untilState(situation, works, "working");
  const [phone, desk] = [await situation.signedIn(bigPhone), await situation.signedIn(bigDesk)];
  for (const { page } of [phone, desk]) {
    const outside = page.getByRole("region", { name: "Begun elsewhere" });
    await soon(() => outside.getByRole("listitem").count()).toBe(20);
    await page.getByRole("region", { name: "Needs you" }).getByText("Asks you").waitFor();
  }
  expect(shell).toBeTruthy();
  expect.soft(await look("home", { phone: phone.page, desk: desk.page })).toEqual([]);
  const outside = phone.page.getByRole("region", { name: "Begun elsewhere" });
  await outside.getByText("Fix the flaky test number 20").click();
  await phone.page.waitForURL(/\/s\//);
  const chat = new ChatPage(phone.page);
  await chat.field.waitFor();
  // What was said elsewhere is there at once, and no agent was started for it.
  await chat.untilSaid("Fix the flaky test number 20");
  await chat.untilSaid("It waited for a timer that never came. Fixed.");
  await phone.page.locator('[data-notice="said-elsewhere"]').getByText("outside perdure").waitFor();
  const { chat: summary, run } = (await home.api.sessions()).find(({ command }) => command[0] === "claude") ?? {};
  expect({ state: summary?.state, number: run?.number }).toEqual({ state: "asleep", number: 0 });
  expect.soft(await look("opened", { phone: phone.page })).toEqual([]);
  await chat.send("what now?");
  // The agent knows it, too.
  await chat.untilSaid("what now?");
  await soon(async () => (await phone.page.getByText("Fix the flaky test number 20").count()) > 1).toBe(true);
  expect.soft(await look("continued", { phone: phone.page })).toEqual([]);
});

function keepConversations(count: number): void {
  const { home } = situation;
  const cwd = home.path("user");
  const folder = join(cwd, ".claude", "projects", cwd.replaceAll(/[^a-zA-Z0-9]/g, "-"));
  mkdirSync(folder, { recursive: true });
  for (let number = 1; number <= count; number += 1) {
    const sessionId = randomUUID();
    const common = {
      isSidechain: false,
      cwd,
      sessionId,
      version: "2.1.0",
      timestamp: new Date(Date.now() - number * 3_600_000).toISOString(),
    };
    const asked = {
      type: "user",
      uuid: randomUUID(),
      parentUuid: null,
      message: { role: "user", content: `Fix the flaky test number ${number}` },
    };
    const text = [{ type: "text", text: "It waited for a **timer** that never came. Fixed." }];
    const told = {
      type: "assistant",
      uuid: randomUUID(),
      parentUuid: asked.uuid,
      message: { id: `m${number}`, role: "assistant", content: text },
    };
    const file = join(folder, `${sessionId}.jsonl`);
    writeFileSync(file, [asked, told].map((line) => `${JSON.stringify({ ...line, ...common })}\n`).join(""));
    utimesSync(file, Date.now() / 1000, Date.now() / 1000 - number * 3600);
  }
}

test.runIf(isDrawing)("agents to choose from: there, not signed in, not installed", async () => {
  const { home } = situation;
  installFakeAgents(home.path("user", ".local", "bin"));
  const [phone, desk] = [await situation.signedIn(bigPhone), await situation.signedIn(bigDesk)];
  for (const { page } of [phone, desk]) {
    await page.getByRole("button", { name: "New session" }).last().click();
    await page.getByRole("radio", { name: /Claude Code.*not signed in/ }).click();
    await page.getByText("Looking for agents…").waitFor({ state: "detached" });
  }
  expect.soft(await look("choose-agent", { phone: phone.page, desk: desk.page })).toEqual([]);
  for (const { page } of [phone, desk])
    await page
      .getByRole("radio", { name: /not installed/ })
      .first()
      .click();
  expect.soft(await look("choose-missing", { phone: phone.page, desk: desk.page })).toEqual([]);
});
