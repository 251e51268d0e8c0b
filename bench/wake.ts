// How soon a page that comes back shows the present: it was frozen by the browser, and its program went on. Measured in the page, from the event
// with which the browser says that it is back to the frame that has the new rows; in turns with a bare page that opens a socket when it is back and
// only waits for the server's hello: what the app takes beyond that is its own. The network's round trip is a proxy's; it accepts connections
// at once, so the one round trip that opening a TCP connection takes on a real network is in neither.

import { CLIENT_PROTOCOL, encodeControl, type SessionInfo, withEarlyFrames } from "@perdure/protocol";
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import { AppPage } from "../test/harness/app-page.ts";
import { BrowserProfile } from "../test/harness/browser-profile.ts";
import { FaultProxy } from "../test/harness/fault-proxy.ts";
import type { PerdureHome } from "../test/harness/perdure-home.ts";
import { until } from "../test/harness/until.ts";
import { judge, median, note, type Bench, type BenchContext, type Finding } from "./bench.ts";
import { withHome } from "./home.ts";

const roundTripMs = 200;
const ownMs = 50;
/** Less than a page is given as bytes, and more, so that it is given a snapshot. */
const amounts = { little: 200, much: 40_000 } as const;

type Amount = keyof typeof amounts;

interface Woken {
  /** Until the frame with the new rows. */
  readonly appMs: number;
  /** Until the frame after the hello. */
  readonly bareMs: number;
}

export const wake: Bench = {
  name: "wake",
  question: "a page that comes back, until its screen is the present one, beside a bare socket's round trip",
  run: (context) => withHome((home) => measure(home, context)),
};

async function measure(home: PerdureHome, { rounds, say }: BenchContext): Promise<readonly Finding[]> {
  const profile = new BrowserProfile();
  const proxy = await FaultProxy.to(home.port);
  try {
    const { context } = await profile.launch();
    const page = await Sleeper.open(context, home, proxy);
    const findings: Finding[] = [];
    for (const amount of ["little", "much"] as const) {
      const [near, far] = [await page.frozen(amount, 0, rounds), await page.frozen(amount, roundTripMs, rounds)];
      say(`${amount} printed: ${words(near)}; over ${roundTripMs} ms: ${words(far)}`);
      findings.push(...judged(amount, near, far));
    }
    return findings;
  } finally {
    await profile.close();
    await proxy.close();
  }
}

function judged(amount: Amount, near: readonly Woken[], far: readonly Woken[]): readonly Finding[] {
  const app = (woken: readonly Woken[]): number => median(woken.map(({ appMs }) => appMs));
  const own = median(near.map(({ appMs, bareMs }) => appMs - bareMs));
  const trips = (app(far) - app(near)) / roundTripMs;
  const name = `wake: ${amount} printed meanwhile`;
  return [
    judge({ name: `${name}, beyond a bare socket`, value: own, unit: "ms", rule: "at most", accept: ownMs }),
    judge({ name: `${name}, round trips`, value: trips, unit: "", rule: "at most", accept: 1.1 }),
    note(`${name}, over ${roundTripMs} ms, beside these and ${ownMs} ms`, app(far), "ms", roundTripMs + ownMs),
  ];
}

function words(woken: readonly Woken[]): string {
  return woken.map(({ appMs, bareMs }) => `${appMs.toFixed(0)} (${bareMs.toFixed(0)})`).join(" ");
}

interface Tab {
  readonly page: Page;
  readonly lifecycle: CDPSession;
}

/** A tab with a session on it and a bare one, and another in front of them while they sleep. */
class Sleeper {
  readonly #app: Tab;
  readonly #bare: Tab;
  readonly #front: Page;
  readonly #home: PerdureHome;
  readonly #proxy: FaultProxy;
  #printed = 0;

  private constructor(app: Tab, bare: Tab, front: Page, home: PerdureHome, proxy: FaultProxy) {
    this.#app = app;
    this.#bare = bare;
    this.#front = front;
    this.#home = home;
    this.#proxy = proxy;
  }

  static async open(context: BrowserContext, home: PerdureHome, proxy: FaultProxy): Promise<Sleeper> {
    const go = home.path("go");
    const script = `n=0; while :; do n=$((n + 1)); while [ ! -e '${go}'.$n ]; do sleep 0.01; done; seq -f 'line %.0f' 1 $(cat '${go}'.$n); echo awake-$n; done`;
    const { id } = await home.api.create({ command: ["sh", "-c", script], environment: { variables: home.variables } });
    const origin = `http://localhost:${proxy.port}`;
    const app = await AppPage.open(context, `${origin}/#pair=${await home.api.pairingCode()}`);
    await app.untilHome();
    await app.page.goto(`${origin}/s/${id}`);
    await app.untilTerminal();
    const bare = await AppPage.open(context, `${origin}/manifest.webmanifest`);
    const front = await AppPage.open(context, "about:blank");
    const tab = async ({ page }: AppPage): Promise<Tab> => ({ page, lifecycle: await context.newCDPSession(page) });
    return new Sleeper(await tab(app), await tab(bare), front.page, home, proxy);
  }

  /** Each round, after one that warms up. */
  async frozen(amount: Amount, tripMs: number, rounds: number): Promise<readonly Woken[]> {
    const all: Woken[] = [];
    for (let round = -1; round < rounds; round += 1) {
      const woken = { appMs: await this.#wakeApp(amount, tripMs), bareMs: await this.#wakeBare(tripMs) };
      if (round >= 0) all.push(woken);
    }
    return all;
  }

  async #wakeApp(amount: Amount, tripMs: number): Promise<number> {
    const { page } = this.#app;
    const row = `awake-${(this.#printed += 1)}`;
    await page.bringToFront();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.evaluate(watchRow, row);
    return this.#whileFrozen(this.#app, tripMs, async () => {
      await until("a page that has gone", async () => (await this.#session()).watchers.length === 0);
      await this.#print(row, amounts[amount]);
    });
  }

  async #wakeBare(tripMs: number): Promise<number> {
    await this.#bare.page.bringToFront();
    await this.#bare.page.evaluate(watchSocket, this.#bareSocket());
    return this.#whileFrozen(this.#bare, tripMs, () => Promise.resolve());
  }

  /** Milliseconds from its waking, which the page itself takes. */
  async #whileFrozen({ page, lifecycle }: Tab, tripMs: number, act: () => Promise<void>): Promise<number> {
    await this.#front.bringToFront();
    await lifecycle.send("Page.setWebLifecycleState", { state: "frozen" });
    await act();
    for (const direction of ["up", "down"] as const) this.#proxy.shape(direction, { latencyMs: tripMs / 2 });
    await page.bringToFront();
    await lifecycle.send("Page.setWebLifecycleState", { state: "active" });
    const ms = await page.evaluate(() => (globalThis as unknown as Watched).untilAwake);
    for (const direction of ["up", "down"] as const) this.#proxy.shape(direction, {});
    return ms;
  }

  #bareSocket(): string {
    const client = { kind: "library", name: "bare", version: "0" } as const;
    const hello = encodeControl({ type: "hello", protocol: CLIENT_PROTOCOL, features: [], client });
    return withEarlyFrames(`ws://localhost:${this.#proxy.port}/api/socket`, [hello]).url;
  }

  async #session(): Promise<SessionInfo> {
    const [session] = await this.#home.api.sessions();
    if (!session) throw new Error("there is no session");
    return session;
  }

  /** The program prints, and the server has it. */
  async #print(row: string, lines: number): Promise<void> {
    const { id } = await this.#session();
    this.#home.write(`go.${this.#printed}`, String(lines));
    const isThere = async (): Promise<boolean> =>
      (await this.#home.api.send("GET", `/api/sessions/${id}/screen`)).text.split("\n").includes(row);
    await until("what is printed meanwhile", isThere, { everyMs: 50 });
  }
}

interface Watched {
  untilAwake: Promise<number>;
}

/** Runs in the app's page: until the frame that has this row. */
function watchRow(row: string): void {
  (globalThis as unknown as Watched).untilAwake = new Promise((resolve) => {
    let wokeAt = Infinity;
    document.addEventListener("resume", () => (wokeAt = performance.now()), { once: true });
    const look = (): void => {
      const isThere = [...document.querySelectorAll(".xterm-rows > div")].some((each) => each.textContent.trimEnd() === row);
      if (isThere && wokeAt < Infinity) resolve(performance.now() - wokeAt);
      else requestAnimationFrame(look);
    };
    look();
  });
}

/** Runs in the bare page: until the frame behind the first message of a socket. */
function watchSocket(address: string): void {
  (globalThis as unknown as Watched).untilAwake = new Promise((resolve) => {
    const onResume = (): void => {
      const wokeAt = performance.now();
      const socket = new WebSocket(address);
      const onMessage = (): void => {
        socket.close();
        requestAnimationFrame(() => resolve(performance.now() - wokeAt));
      };
      socket.addEventListener("message", onMessage, { once: true });
    };
    document.addEventListener("resume", onResume, { once: true });
  });
}
