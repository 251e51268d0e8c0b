// A session with a page on it and, beside it, the terminal of somebody who never left.

import type { BrowserContext, BrowserContextOptions } from "playwright-core";
import { AppPage } from "../harness/app-page.ts";
import { noteTerminals, untilShown, walkTerminal } from "../harness/shown-terminal.ts";
import { StayedTerminal } from "../harness/stayed-terminal.ts";
import type { WebSituation } from "../harness/web-situation.ts";

export class ExactPage {
  readonly session: string;
  readonly app: AppPage;
  readonly stayed: StayedTerminal;

  constructor(session: string, app: AppPage, stayed: StayedTerminal) {
    this.session = session;
    this.app = app;
    this.stayed = stayed;
  }

  /** A session, which nobody has looked at yet, on a device of its own. */
  static async open(situation: WebSituation, command: readonly string[], device: BrowserContextOptions = {}): Promise<ExactPage> {
    return ExactPage.openIn(situation, await situation.device(device), command);
  }

  /** A session in a new tab of this device. */
  static async openIn(situation: WebSituation, context: BrowserContext, command: readonly string[]): Promise<ExactPage> {
    const session = await situation.session(command);
    const stayed = await StayedTerminal.of(situation.home, session);
    await noteTerminals(context);
    const app = await AppPage.open(context, await situation.link());
    await app.untilHome();
    await situation.openSession(app, session);
    return new ExactPage(session, app, stayed);
  }

  /** Resolves when the page's terminal is, in every field, that of somebody who stayed. */
  async untilExact(timeoutMs?: number): Promise<void> {
    await untilShown(this.app.page, this.stayed.state, timeoutMs);
  }

  /** The first field in which the page's terminal stays another than that of somebody who stayed; `undefined`: there is none. */
  async difference(): Promise<string | undefined> {
    return this.untilExact().then(
      () => undefined,
      (error: Error) => error.message,
    );
  }

  /** The page is loaded anew, and is exact before and after it. */
  async reload(): Promise<void> {
    await this.untilExact();
    await this.app.reload();
    await this.untilExact();
  }

  /** The middle of a cell, in pixels of the page; counted from 1, as programs do. */
  async pointAt(column: number, row: number): Promise<{ readonly x: number; readonly y: number }> {
    const { size } = await walkTerminal(this.app.page);
    const box = await this.app.page.locator(".xterm-screen").boundingBox();
    if (box === null) throw new Error("the terminal is not drawn");
    return { x: box.x + ((column - 0.5) * box.width) / size.cols, y: box.y + ((row - 0.5) * box.height) / size.rows };
  }
}
