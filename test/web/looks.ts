// How the app looks: each scene at the size of a phone and of a desk, in light and dark. What the page audit finds wrong is an error; with
// PERDURE_SCREENS naming a folder, each look is also written there as a picture.

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { phone } from "../harness/web-situation.ts";
import { lookingAt } from "./in-page.ts";

const folder = process.env["PERDURE_SCREENS"];

/** Also the scenes that take long are driven. */
export const isDrawing: boolean = folder !== undefined && folder !== "";

/** What a finger needs. */
const TOUCH_PX = 44;

export const bigDesk: BrowserContextOptions = { viewport: { width: 1440, height: 900 } };
export const bigPhone: BrowserContextOptions = phone;
/** Of a phone with its keyboard open. */
export const KEYBOARD_HEIGHT = 480;

/** All that is wrong with these pages as they stand; each is drawn as `scene-size-scheme.png`. Undrawn, a phone is light and a desk dark. */
export async function look(scene: string, pages: Readonly<Record<string, Page>>): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [size, page] of Object.entries(pages)) {
    const isTouched = size.startsWith("phone");
    for (const colorScheme of isDrawing ? (["light", "dark"] as const) : [isTouched ? ("light" as const) : ("dark" as const)]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await atRest(page);
      const name = `${scene}-${size}-${colorScheme}`;
      const found = await page.evaluate<string[]>(lookingAt(isTouched ? TOUCH_PX : 0));
      problems.push(...found.map((problem) => `${name}: ${problem}`));
      if (folder !== undefined && isDrawing) {
        mkdirSync(resolve(folder), { recursive: true });
        await page.screenshot({ path: join(resolve(folder), `${name}.png`), animations: "disabled" });
      }
    }
    await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  }
  return problems;
}

/** Resolves when nothing moves into place any more and that is drawn. */
async function atRest(page: Page): Promise<void> {
  await page.evaluate(async () => {
    // The end of one may begin another: a colour that is handed down.
    for (let still = 0; still < 3;) {
      await new Promise((done) => requestAnimationFrame(done));
      const passing = document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity);
      await Promise.all(passing.map((one) => one.finished.catch(() => undefined)));
      still = passing.length === 0 ? still + 1 : 0;
    }
  });
}
