// The commands of a shell on the page: how they ended, beside them; from one to the next by keys and menu; a list for the phone.

import { expect, test } from "vitest";
import type { AppPage } from "../harness/app-page.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import { phone, type WebSituation } from "../harness/web-situation.ts";
import { look } from "./looks.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

/** A bash that has carried out three commands, the second in vain. */
async function worked(): Promise<{ readonly app: AppPage; readonly session: string }> {
  situation.home.write("user/.bashrc", "PS1='own> '\n");
  const session = await situation.session(["bash"]);
  const app = await situation.viewer(session);
  await app.untilRow("own>");
  await app.type("seq -f 'row %.0f' 200\n");
  await app.untilRow("row 200");
  await app.type("cat /nowhere/at/all\n");
  await soon(() => badges(app)).toEqual(["✗ 1"]);
  await app.type("seq -f 'more %.0f' 200\n");
  await app.untilRow("more 200");
  return { app, session };
}

const badges = async ({ page }: AppPage): Promise<string[]> => page.getByTestId("command-badge").allTextContents();

test("badges stand beside commands, keys go from one to the next and back to the end", async () => {
  const { app } = await worked();
  const { page } = app;
  await page.keyboard.press("Control+Shift+ArrowUp");
  await soon(() => page.locator(".reading-line.is-marked").textContent()).toContain("seq -f 'more");
  await page.keyboard.press("Control+Shift+ArrowUp");
  await soon(() => page.locator(".reading-line.is-marked").textContent()).toContain("cat /nowhere");
  await soon(() => page.locator(".is-marked .command-badge").textContent()).toBe("✗ 1");
  expect(await page.locator(".is-marked .command-badge").getAttribute("title")).toMatch(/^Exit code 1, took \d+\.\d s$/);
  expect(await look("commands-badge", { desk: page })).toEqual([]);
  await page.keyboard.press("Control+Shift+ArrowDown");
  await page.keyboard.press("Control+Shift+ArrowDown");
  await page.locator(".reading.is-open").waitFor({ state: "detached" });
  expect((await app.rows()).join("\n")).toContain("more 200");
  await page.getByRole("button", { name: /^Menu of/ }).click();
  await page.getByRole("menuitem", { name: "Previous command" }).click();
  await soon(() => page.locator(".reading-line.is-marked").textContent()).toContain("seq -f 'more");
});

test("a phone has them as a list, copies output and goes there; after a reload they are known still", async () => {
  const { session } = await worked();
  const small = await situation.viewer(session, { ...phone, permissions: ["clipboard-read", "clipboard-write"] });
  const { page } = small;
  await page.reload();
  await small.untilTerminal();
  await small.untilRow("more 200");
  await page.getByRole("button", { name: /^Menu of/ }).click();
  await page.getByRole("menuitem", { name: "Commands", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Commands" });
  await soon(() => dialog.getByRole("listitem").count()).toBe(3);
  expect(await look("commands-list", { phone: page })).toEqual([]);
  await dialog.getByRole("listitem").nth(1).getByRole("button", { name: "Copy output" }).click();
  await soon(() => page.evaluate(() => navigator.clipboard.readText())).toBe("cat: /nowhere/at/all: No such file or directory");
  await dialog.getByRole("button", { name: /cat \/nowhere/ }).click();
  await soon(() => page.locator(".reading-line.is-marked").textContent()).toContain("cat /nowhere");
});
