// A browser with a profile of its own, which can be killed and opened again.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser, type LaunchedBrowser } from "../chromium.ts";

export class BrowserProfile {
  readonly #directory: string = mkdtempSync(join(tmpdir(), "perdure-profile-"));
  #browser: LaunchedBrowser | undefined;

  /** `args`: further command line flags. */
  async launch(args: readonly string[] = []): Promise<LaunchedBrowser> {
    this.#browser = await launchBrowser({ userDataDir: this.#directory, args: ["--window-size=1280,800", ...args] });
    return this.#browser;
  }

  async kill(): Promise<void> {
    await this.#browser?.kill();
    this.#browser = undefined;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
