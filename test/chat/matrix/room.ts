// A server, a browser with a page of one device, and a line between them that can be made bad: where the rows of the fault matrix run.

import type { Page } from "playwright-core";
import { AppPage } from "../../harness/app-page.ts";
import { FaultProxy } from "../../harness/fault-proxy.ts";
import { nobodyThere, WebSituation } from "../../harness/web-situation.ts";

export class Room {
  readonly web: WebSituation;
  readonly page: Page;
  readonly #proxy: FaultProxy;

  private constructor(web: WebSituation, page: Page, proxy: FaultProxy) {
    this.web = web;
    this.page = page;
    this.#proxy = proxy;
  }

  /** The device is signed in and knows the server by the line's own address. */
  static async open(): Promise<Room> {
    const web = new WebSituation({});
    await web.start();
    const proxy = await FaultProxy.to(web.home.port);
    web.expectProblem(nobodyThere);
    web.expectProblem(/Failed to load resource/);
    const app = await AppPage.open(await web.device(), `http://localhost:${proxy.port}/#pair=${await web.home.api.pairingCode()}`);
    await app.untilHome();
    return new Room(web, app.page, proxy);
  }

  get line(): FaultProxy {
    return this.#proxy;
  }

  /** Another view of the page, without loading it again; `/` is the list of sessions. */
  async goTo(path: string): Promise<void> {
    await this.page.evaluate((where) => {
      history.pushState(null, "", where);
      dispatchEvent(new PopStateEvent("popstate"));
    }, path);
  }

  /** As a network that is back says it: whoever waits to try again tries now. */
  async tryNow(): Promise<void> {
    await this.page.evaluate(() => dispatchEvent(new Event("online")));
  }

  /** Throws what the page complained of beyond that nobody answers. */
  async close(): Promise<void> {
    try {
      await this.web.clear();
    } finally {
      await this.#proxy.close();
      await this.web.close();
    }
  }
}
