// A phone: keys that its keyboard lacks, whole messages, a keyboard over half of the screen, fingers on the history.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { AppPage } from "../harness/app-page.ts";
import { inputRecorder } from "../harness/programs.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import { phone, shellPrompt, type WebSituation } from "../harness/web-situation.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

/** A session that sets these modes and writes down what it is sent. */
async function recording(file: string, modes = ""): Promise<string> {
  const recorder = inputRecorder(file).map((word) => `'${word}'`);
  return situation.session(["sh", "-c", `printf '${modes}'; exec ${recorder.join(" ")}`]);
}

async function tap({ page }: AppPage, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.getByRole("toolbar", { name: "Keys" }).getByRole("button", { name: key, exact: true }).tap();
}

test("the keys of the key bar reach the program as a terminal's keys", async () => {
  const file = situation.home.path("keys");
  const app = await situation.viewer(await recording(file), phone);
  await app.untilRow("ready");
  const recorded = async (bytes: string): Promise<void> => soon(() => readFileSync(file, "latin1")).toBe(bytes);
  await tap(app, "Escape", "Tab", "Shift+Tab", "Up", "Down", "Right", "Left", "Home", "End", "Control C", "Enter");
  const plain = "\u001b\t\u001b[Z\u001b[A\u001b[B\u001b[C\u001b[D\u001b[H\u001b[F\u0003\r";
  await recorded(plain);
  await tap(app, "Ctrl");
  const ctrl = app.page.getByRole("button", { name: "Ctrl" });
  expect(await ctrl.getAttribute("aria-pressed")).toBe("true");
  await app.page.getByTestId("terminal").tap();
  // As soft keyboards type: text without a key.
  await app.page.keyboard.insertText("c");
  await app.page.keyboard.insertText("c");
  await recorded(`${plain}\u0003c`);
  expect(await ctrl.getAttribute("aria-pressed")).toBe("false");
  await tap(app, "Alt", "Left", "Left");
  await recorded(`${plain}\u0003c\u001b[1;3D\u001b[D`);
});

test("cursor keys follow the program's mode, and a message is one paste where the program asked for it", async () => {
  const file = situation.home.path("modes");
  const app = await situation.viewer(await recording(file, String.raw`\033[?1h\033[?2004h`), phone);
  await app.untilRow("ready");
  await tap(app, "Up");
  await app.page.getByRole("button", { name: "Write a message" }).tap();
  const message = app.page.getByRole("textbox", { name: "Message" });
  await message.fill("two\nlines");
  await app.page.getByRole("button", { name: "Send and press Enter" }).tap();
  await soon(() => readFileSync(file, "latin1")).toBe("\u001bOA\u001b[200~two\rlines\u001b[201~\r");
  await message.fill("no Enter");
  await app.page.getByRole("button", { name: "Insert without Enter" }).tap();
  await soon(() => readFileSync(file, "latin1")).toContain("\r\u001b[200~no Enter\u001b[201~");
  expect(await message.inputValue()).toBe("");
});

test("over a soft keyboard the header, the key bar and the line of the prompt stay in sight", async () => {
  const session = await situation.session(["sh", "-c", "seq 200; exec sh"]);
  const app = await situation.viewer(session, phone);
  await app.untilRow(shellPrompt);
  await app.page.getByTestId("terminal").tap();
  await app.page.setViewportSize({ width: 390, height: 480 });
  await soon(async () => (await situation.home.api.session(session)).size.rows).toBeLessThan(30);
  await app.untilRow(shellPrompt);
  const prompt = app.page
    .locator(".xterm-rows > div")
    .filter({ hasText: /^[$#]\s*$/ })
    .last();
  for (const part of [app.page.getByRole("banner"), app.page.getByRole("toolbar", { name: "Keys" }), prompt]) {
    const box = await part.boundingBox();
    expect(box?.y).toBeGreaterThanOrEqual(0);
    expect((box?.y ?? 0) + (box?.height ?? Infinity)).toBeLessThanOrEqual(480);
  }
  const bar = await app.page.getByRole("toolbar", { name: "Keys" }).boundingBox();
  const line = await prompt.boundingBox();
  expect((line?.y ?? 0) + (line?.height ?? Infinity)).toBeLessThanOrEqual(bar?.y ?? 0);
  expect(await app.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await app.page.keyboard.insertText("echo seen-$((40 + 2))");
  await tap(app, "Enter");
  await app.untilRow("seen-42");
});

test("a swipe goes through the history, a tap on Latest comes back", async () => {
  const app = await situation.viewer(await situation.session(["sh", "-c", "seq -f 'line %03.0f' 300; exec cat"]), phone);
  await app.untilRow("line 300");
  const touch = await app.page.context().newCDPSession(app.page);
  const finger = async (type: "touchStart" | "touchMove" | "touchEnd", y?: number): Promise<void> => {
    await touch.send("Input.dispatchTouchEvent", { type, touchPoints: y === undefined ? [] : [{ x: 190, y }] });
  };
  await finger("touchStart", 200);
  for (let y = 220; y <= 600; y += 20) await finger("touchMove", y);
  await finger("touchEnd");
  const latest = app.page.getByRole("button", { name: "Latest" });
  await latest.waitFor();
  const seen = (await app.rows()).filter((row) => row.startsWith("line "));
  expect(seen).not.toContain("line 300");
  expect(seen).toContain("line 260");
  await latest.tap();
  await app.untilRow("line 300");
});
