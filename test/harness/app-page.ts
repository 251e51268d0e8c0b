// A page of the web app in a real browser, used as a person uses it: by what is on it. The terminal is read from the rows that are drawn.

import type { BrowserContext, Page } from "playwright-core";
import { until } from "./until.ts";

const stepTimeoutMs = 30_000;

export class AppPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(stepTimeoutMs);
  }

  /** A new tab on this address. */
  static async open(context: BrowserContext, url: string): Promise<AppPage> {
    const app = new AppPage(await context.newPage());
    await app.page.goto(url);
    return app;
  }

  /** A tab that is there already. */
  static on(page: Page): AppPage {
    return new AppPage(page);
  }

  /** A tab of the size of a phone that is touched. */
  static async openPhone(context: BrowserContext, url: string): Promise<AppPage> {
    const app = new AppPage(await context.newPage());
    const session = await context.newCDPSession(app.page);
    await session.send("Emulation.setDeviceMetricsOverride", { width: 390, height: 844, deviceScaleFactor: 3, mobile: true });
    await session.send("Emulation.setTouchEmulationEnabled", { enabled: true });
    await app.page.goto(url);
    return app;
  }

  get url(): string {
    return this.page.url();
  }

  /** The id of the session whose page this is. */
  get session(): string {
    const id = /\/s\/([^/?#]+)/.exec(this.url)?.[1];
    if (id === undefined) throw new Error(`${this.url} is no session's page`);
    return id;
  }

  /** Resolves when the list of sessions is there. */
  async untilHome(): Promise<void> {
    await this.page.getByRole("button", { name: "New session" }).first().waitFor();
  }

  /** Starts a session as a person does; resolves on its page. No command: the login shell. */
  async create(command = ""): Promise<string> {
    await this.page.getByRole("button", { name: "New session" }).first().click();
    await this.page.getByLabel("Command").fill(command);
    await this.page.getByRole("button", { name: "Start", exact: true }).click();
    await this.page.waitForURL(/\/s\//);
    await this.untilTerminal();
    return this.session;
  }

  /** Resolves when the terminal is drawn. */
  async untilTerminal(): Promise<void> {
    await this.page.locator(".xterm-rows").waitFor();
  }

  /** The rows on the screen, or of the history over it, without blanks at their ends. */
  async rows(): Promise<readonly string[]> {
    const rows = await this.page.evaluate(() => {
      const reading = document.querySelector(".reading.is-open");
      if (reading === null) return [...document.querySelectorAll(".xterm-rows > div")].map((row) => row.textContent);
      const { top, bottom } = reading.getBoundingClientRect();
      const rowsWithTop = [...reading.querySelectorAll("[data-row]")].map((row) => ({ row, box: row.getBoundingClientRect() }));
      const seen = rowsWithTop.filter(({ box }) => box.top >= top - 1 && box.bottom <= bottom + 1);
      return seen.toSorted((a, b) => a.box.top - b.box.top).map(({ row }) => row.textContent);
    });
    return rows.map((row) => row.replaceAll("\u00a0", " ").trimEnd());
  }

  /** Resolves when a row on the screen is this, or fits this. */
  async untilRow(row: string | RegExp, timeoutMs = stepTimeoutMs): Promise<void> {
    let last: readonly string[] = [];
    const fits = (text: string): boolean => (typeof row === "string" ? text === row : row.test(text));
    await until(
      `the row ${String(row)}`,
      async () => {
        last = await this.rows();
        return last.some(fits);
      },
      { timeoutMs, everyMs: 100, report: () => last.filter((text) => text !== "").join("\n") },
    );
  }

  /** Types into the terminal. */
  async type(text: string): Promise<void> {
    await this.page.locator(".xterm-helper-textarea").focus();
    await this.page.keyboard.type(text);
  }

  async enter(text: string): Promise<void> {
    await this.type(text);
    await this.page.keyboard.press("Enter");
  }

  /** What the page says of its connection. */
  async connection(): Promise<string> {
    return (await this.page.getByTestId("connection").allTextContents()).join(" ");
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.untilTerminal();
  }
}
