// Where one was reading and what one was writing survive a reload.

import { expect, test } from "vitest";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import type { WebSituation } from "../harness/web-situation.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

test("a reload keeps the place in the history and the message that was being written", async () => {
  const session = await situation.session(["sh", "-c", "seq -f 'line %03.0f' 400; exec cat"]);
  const app = await situation.viewer(session);
  const { page } = app;
  await app.untilRow("line 400");
  await page.getByTestId("terminal").hover();
  await page.mouse.wheel(0, -1500);
  const latest = page.getByRole("button", { name: "Latest" });
  await latest.waitFor();
  await page.getByRole("button", { name: "Write a message" }).click();
  const message = page.getByRole("textbox", { name: "Message" });
  await message.fill("first line\nsecond line");
  const reading = async (): Promise<string | undefined> => (await app.rows()).findLast((row) => row !== "");
  const before = await reading();
  expect(before).toMatch(/^line [123]\d\d$/);

  await page.reload();
  await soon(reading).toBe(before);
  await soon(() => message.inputValue()).toBe("first line\nsecond line");
  await latest.click();
  await app.untilRow("line 400");
  await latest.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Send and press Enter" }).click();
  await app.untilRow("second line");
  await soon(() => message.inputValue()).toBe("");
  await page.reload();
  await app.untilRow("second line");
  expect(await message.inputValue()).toBe("");
});
