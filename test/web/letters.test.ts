// All of a letter is drawn: of some fonts the underscore lies below the row that the font's own metrics ask for.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { webForThisFile } from "../harness/set-up.ts";
import type { WebSituation } from "../harness/web-situation.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

const PRINTS = "seq 300; echo ________; echo; echo blank above; seq 20; exec cat";

/** The pixels of a row, and a little below it: of the one with underscores and of the blank one. */
async function pictures(page: Page, rows: string): Promise<readonly [string, string]> {
  const boxes = await page.evaluate((selector) => {
    const all = [...document.querySelectorAll(selector)];
    const at = all.findIndex((row) => row.textContent.trimEnd() === "________");
    return all.slice(at, at + 2).map((row) => row.getBoundingClientRect().toJSON() as DOMRect);
  }, rows);
  const drawn = boxes.map(({ x, y, height }) => page.screenshot({ clip: { x, y, width: 60, height: height + 2 } }));
  const [underscores, blank] = await Promise.all(drawn);
  if (underscores === undefined || blank === undefined) throw new Error("the rows are not there");
  return [underscores.toString("base64"), blank.toString("base64")];
}

test("an underscore is seen on the screen and in the history", async () => {
  const session = await situation.session(["sh", "-c", PRINTS]);
  const app = await situation.viewer(session, { deviceScaleFactor: 1 });
  await app.untilRow("blank above");
  const [onScreen, blank] = await pictures(app.page, ".xterm-rows > div");
  expect(onScreen).not.toBe(blank);

  await app.page.getByTestId("terminal").hover();
  await app.page.mouse.wheel(0, -60);
  await app.page.getByRole("button", { name: "Latest" }).waitFor();
  const [inHistory, blankInHistory] = await pictures(app.page, ".reading.is-open [data-row]");
  expect(inHistory).not.toBe(blankInHistory);
});
