// A browser with a profile of its own, which can be killed and opened again.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser, type LaunchedBrowser } from "../chromium.ts";

export class BrowserProfile {
  readonly #directory: string = mkdtempSync(join(tmpdir(), "perdure-profile-"));
  #browser: Promise<LaunchedBrowser> | undefined;

  /** `args`: further command line flags. */
  async launch(args: readonly string[] = []): Promise<LaunchedBrowser> {
    await this.kill();
    this.#browser = launchBrowser({ userDataDir: this.#directory, args: ["--window-size=1280,800", ...args] });
    return this.#browser;
  }

  /** Also one that is still starting: a test may have given up waiting for it. */
  async kill(): Promise<void> {
    const browser = await this.#browser?.catch(() => undefined); // a browser that did not start has ended itself
    this.#browser = undefined;
    await browser?.kill();
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
