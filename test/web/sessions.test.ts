// Sessions on the home screen and in their menus: begun once, renamed, ended, begun again, deleted, and in the order in which they matter.

import { mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import type { AppPage } from "../harness/app-page.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import { phone, type WebSituation } from "../harness/web-situation.ts";
import { KEYBOARD_HEIGHT } from "./looks.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

async function choose(app: AppPage, name: string, item: string): Promise<void> {
  await app.page.getByRole("button", { name: `Menu of ${name}` }).click();
  await app.page.getByRole("menuitem", { name: item }).click();
}

test("a command with quotes starts in ~, once, however often the button is pressed", async () => {
  const app = await situation.signedIn();
  const { page } = app;
  await page.getByRole("button", { name: "New session" }).first().click();
  const command = page.getByLabel("Command");
  const start = page.getByRole("button", { name: "Start", exact: true });
  await command.fill("sh -c 'open");
  await page.getByText("A ' is still open.").waitFor();
  expect(await start.isDisabled()).toBe(true);
  await command.fill(String.raw`sh -c 'printf "<%s>\n" "$@"; pwd; exec cat' x "two words" it\'s`);
  await page.getByLabel("Directory").fill("~");
  await page.getByRole("textbox", { name: "Name" }).fill("quoted");
  await start.dblclick();
  await page.waitForURL(/\/s\//);
  await app.untilRow(situation.home.path("user"));
  expect((await app.rows()).slice(0, 2)).toEqual(["<two words>", "<it's>"]);
  expect((await situation.home.api.sessions()).map(({ name, run }) => [name, run.number])).toEqual([["quoted", 1]]);
});

test("agents that are not there leave room for the command on a phone with its keyboard open, and say how to get them", async () => {
  const { page } = await situation.signedIn({ ...phone, viewport: { width: 390, height: KEYBOARD_HEIGHT } });
  await page.getByRole("button", { name: "New session" }).last().click();
  const missing = page.getByRole("button", { name: /^Not installed: .*Codex/ });
  await missing.waitFor();
  const field = await page.getByLabel("Command").boundingBox();
  expect((field?.y ?? Infinity) + (field?.height ?? 0)).toBeLessThanOrEqual(KEYBOARD_HEIGHT);
  await missing.click();
  await page.getByRole("radio", { name: /Codex.*not installed/ }).click();
  await page.getByText("npm install -g @openai/codex").waitFor();
});

test("what cannot be started is said in the dialog, which stays open, and can be tried again", async () => {
  const { page } = await situation.signedIn();
  await page.getByRole("button", { name: "New session" }).first().click();
  await page.getByLabel("Directory").fill("~/nowhere");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: "nowhere" }).waitFor();
  expect(await page.getByLabel("Directory").inputValue()).toBe("~/nowhere");
  expect(await situation.home.api.sessions()).toEqual([]);
  mkdirSync(situation.home.path("user", "nowhere"));
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.waitForURL(/\/s\//);
  situation.expectProblem(/status of 4\d\d/);
});

test("a session is renamed, ended, begun again below its old screen, and deleted", async () => {
  const lives = situation.home.path("lives");
  const session = await situation.session(["sh", "-c", `echo x >> ${lives}; echo "life $(grep -c x ${lives})"; exec cat`], "first name");
  const app = await situation.viewer(session);
  const { page } = app;
  await app.untilRow("life 1");
  await choose(app, "first name", "Rename");
  await page.getByRole("textbox", { name: "Name" }).fill("second name");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("heading", { name: "second name", level: 1 }).waitFor();
  await soon(() => page.title()).toBe("second name · perdure");

  await choose(app, "second name", "End the program");
  const question = page.getByRole("dialog", { name: "End second name?" });
  await question.getByRole("button", { name: "Cancel" }).click();
  expect((await situation.home.api.session(session)).run.state.is).toBe("running");
  await choose(app, "second name", "End the program");
  await question.getByRole("button", { name: "End the program" }).click();
  await page.getByText(/^The program was ended by SIG\w+, just now\.$/).waitFor();
  expect(await app.rows()).toContain("life 1");

  await page.getByRole("button", { name: "Start again" }).dblclick();
  await app.untilRow("life 2");
  await page.getByTestId("terminal").hover();
  await page.mouse.wheel(0, -500);
  await app.untilRow("life 1");
  const lines = (await situation.history(session)).split("\n").filter((line) => line !== "");
  expect(lines).toEqual(["life 1", "── ended by SIGHUP · started again ──", "life 2"]);
  expect((await situation.home.api.session(session)).run.number).toBe(2);

  await choose(app, "second name", "Delete session");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await app.untilHome();
  expect(await situation.home.api.sessions()).toEqual([]);
  await page.goto(`${situation.home.url}/s/${session}`);
  await page.getByRole("heading", { name: /This session was deleted|There is no such session/ }).waitFor();
});

test("what needs somebody comes first and is counted in the title, until it is looked at", async () => {
  const { home } = situation;
  const later = (cue: string, act: string): string[] => [
    "sh",
    "-c",
    `while [ ! -e ${home.path(cue)} ]; do sleep 0.02; done; ${act}; echo shown; exec cat`,
  ];
  await situation.session(later("ring", String.raw`printf 'done\a'`), "rings");
  const notifying = await situation.session(later("notify", String.raw`printf '\033]9;May I run the tests?\a'`), "asks");
  await situation.session(later("fail", "exit 3"), "fails");
  await situation.session(["cat"], "quiet");
  const app = await situation.signedIn();
  const { page } = app;
  const names = async (group: string): Promise<string[]> =>
    page.getByRole("region", { name: group }).getByRole("link").locator("span.font-semibold").allTextContents();
  await soon(() => names("Running")).toEqual(["quiet", "fails", "asks", "rings"]);
  expect(await page.title()).toBe("perdure");

  for (const [cue, count] of [
    ["ring", 1],
    ["notify", 2],
    ["fail", 3],
  ] as const) {
    home.write(cue, "");
    await soon(() => page.title()).toBe(`(${count}) perdure`);
  }
  expect(await names("Needs you")).toEqual(["fails", "asks", "rings"]);
  expect(await names("Running")).toEqual(["quiet"]);
  const row = (name: string): ReturnType<typeof page.getByRole> => page.getByRole("listitem").filter({ hasText: name });
  await row("asks").getByText("May I run the tests?", { exact: true }).waitFor();
  await row("rings").getByText("Rang the bell just now").waitFor();
  await row("fails").getByText("Exited 3 · just now").waitFor();

  await row("asks").getByRole("link").click();
  await page.waitForURL(`**/s/${notifying}`);
  await soon(() => page.title()).toBe("(2) asks · perdure");
  await page.getByRole("link", { name: "All sessions" }).click();
  await soon(() => names("Running")).toEqual(["quiet", "asks"]);
  expect(await names("Needs you")).toEqual(["fails", "rings"]);
  await row("fails").getByRole("link").click();
  await page.getByText("The program exited with code 3, just now.").waitFor();
  await page.getByRole("link", { name: "All sessions" }).click();
  await soon(() => names("Ended")).toEqual(["fails"]);
  expect(await page.title()).toBe("(1) perdure");
});
