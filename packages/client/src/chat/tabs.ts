/**
 * What the pages of one browser share, as far as the platform has it: a channel to tell each other something, and locks (only on
 * secure addresses). Replaceable, so that a test can have several pages in one process.
 */

/** What one posts, all others hear. */
export interface TabChannel {
  post(message: unknown): void;
  listen(listener: (message: unknown) => void): void;
  close(): void;
}

export interface TabLocks {
  /**
   * Holds the lock until `release` is aborted; `granted` is called when it begins. Resolves when it is over, also when another page has
   * taken it away. `steal`: takes it from whoever has it.
   */
  hold(name: string, options: { readonly steal: boolean; readonly release: AbortSignal; readonly granted: () => void }): Promise<void>;
}

export interface Tabs {
  readonly openChannel: ((name: string) => TabChannel) | undefined;
  readonly locks: TabLocks | undefined;
}

/** A program has no other pages. */
export const noTabs: Tabs = { openChannel: undefined, locks: undefined };

export function browserTabs(): Tabs {
  // Missing on plain-HTTP addresses, whatever the types say.
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  return {
    openChannel: typeof globalThis.BroadcastChannel === "function" ? openBroadcast : undefined,
    locks: locks && { hold: (name, options) => hold(locks, name, options) },
  };
}

function openBroadcast(name: string): TabChannel {
  const channel = new BroadcastChannel(name);
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a broadcast has no target.
    post: (message) => channel.postMessage(message),
    listen: (listener) => channel.addEventListener("message", ({ data }) => listener(data)),
    close: () => channel.close(),
  };
}

async function hold(locks: LockManager, name: string, { steal, release, granted }: Parameters<TabLocks["hold"]>[1]): Promise<void> {
  if (release.aborted) return;
  const held = (): Promise<void> => {
    if (release.aborted) return Promise.resolve();
    granted();
    return new Promise((resolve) => release.addEventListener("abort", () => resolve(), { once: true }));
  };
  try {
    // The platform takes only one of the two.
    await locks.request(name, steal ? { steal } : { signal: release }, held);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
  }
}
