/** A browser with several pages in one process: a channel among them, locks, and pages that freeze or are killed. */
import type { TabChannel, TabLocks, Tabs } from "../chat/tabs.ts";

interface Waiting {
  readonly grant: () => void;
}

export class FakeBrowser {
  readonly pages: FakePage[] = [];
  readonly hasLocks: boolean;
  /** Who holds the lock; the others wait. */
  holder: { readonly lose: () => void } | undefined;
  readonly queue: Waiting[] = [];

  constructor({ hasLocks }: { readonly hasLocks: boolean }) {
    this.hasLocks = hasLocks;
  }

  openPage(): FakePage {
    const page = new FakePage(this);
    this.pages.push(page);
    return page;
  }

  grantNext(): void {
    if (!this.holder) this.queue.shift()?.grant();
  }
}

export class FakePage implements Tabs {
  readonly locks: TabLocks | undefined;
  readonly #browser: FakeBrowser;
  #listeners: ((message: unknown) => void)[] = [];
  #isFrozen = false;
  #missed: unknown[] = [];
  #ends: (() => void)[] = [];

  constructor(browser: FakeBrowser) {
    this.#browser = browser;
    this.locks = browser.hasLocks ? { hold: (_name, options) => this.#hold(options) } : undefined;
  }

  readonly openChannel = (): TabChannel => ({
    post: (message) => {
      if (this.#isFrozen) return;
      for (const page of this.#browser.pages) if (page !== this) page.#hear(structuredClone(message));
    },
    listen: (listener) => void this.#listeners.push(listener),
    close: () => (this.#listeners = []),
  });

  /** The page stops running, and keeps its lock. */
  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    this.#isFrozen = false;
    for (const message of this.#missed.splice(0)) this.#hear(message);
  }

  /** The page is gone without a word. */
  kill(): void {
    this.freeze();
    this.#listeners = [];
    for (const end of this.#ends.splice(0)) end();
  }

  #hear(message: unknown): void {
    if (this.#isFrozen) this.#missed.push(message);
    else for (const listener of this.#listeners) listener(message);
  }

  #hold({ steal, release, granted }: Parameters<TabLocks["hold"]>[1]): Promise<void> {
    const browser = this.#browser;
    const { promise, resolve } = Promise.withResolvers<void>();
    const held = { lose: resolve };
    const waiting: Waiting = {
      grant: () => {
        browser.holder = held;
        granted();
      },
    };
    const end = (): void => {
      if (browser.queue.includes(waiting)) browser.queue.splice(browser.queue.indexOf(waiting), 1);
      if (browser.holder === held) browser.holder = undefined;
      resolve();
      browser.grantNext();
    };
    release.addEventListener("abort", end, { once: true });
    this.#ends.push(end);
    if (steal) {
      browser.holder?.lose();
      browser.holder = undefined;
      browser.queue.unshift(waiting);
    } else browser.queue.push(waiting);
    browser.grantNext();
    return promise;
  }
}
