// A server with the web app on it and a browser with any number of devices, for the tests of one file. Whatever a page says on its console
// is kept: a test that was quiet on the screen and complained there has failed.

import type { BrowserContext, BrowserContextOptions, ConsoleMessage } from "playwright-core";
import type { LaunchedBrowser } from "../chromium.ts";
import { AppPage } from "./app-page.ts";
import { BrowserProfile } from "./browser-profile.ts";
import { PerdureHome } from "./perdure-home.ts";

/** A desk, unless told otherwise. */
const desk: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
/** What a browser itself says when nobody answers, or no longer. */
export const nobodyThere =
  /WebSocket is already in CLOSING or CLOSED state|net::ERR_(?:CONNECTION_\w+|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)|WebSocket connection to '.*' failed/;

/** The row with which a plain shell waits; a superuser's differs. */
export const shellPrompt = /^[$#]$/;

export interface SituationOptions {
  readonly serverArgs?: readonly string[];
  /** A program that starts the server in its own process. */
  readonly serverScript?: string;
  readonly browserArgs?: readonly string[];
}

export class WebSituation {
  readonly home: PerdureHome = new PerdureHome();
  readonly profile: BrowserProfile = new BrowserProfile();
  readonly #options: SituationOptions;
  #contexts: BrowserContext[] = [];
  #problems: string[] = [];
  #expected: RegExp[] = [];
  #launched: LaunchedBrowser | undefined;

  constructor(options: SituationOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await Promise.all([this.startServer(), this.launch()]);
  }

  async startServer(): Promise<void> {
    const { serverArgs: args = [], serverScript: script } = this.#options;
    await this.home.start({ args, ...(script === undefined ? {} : { script }) });
  }

  /** SIGKILL to the server. From then on a browser may say that nobody answers. */
  async killServer(): Promise<void> {
    this.expectProblem(nobodyThere);
    await this.home.server.kill();
  }

  /** Opens the browser, again if it was killed. */
  async launch(): Promise<void> {
    this.#launched = await this.profile.launch(this.#options.browserArgs);
    this.#listen(this.#launched.context);
  }

  /** The browser's own profile as a device: it alone is there again after a kill. */
  get lasting(): BrowserContext {
    return this.#browser.context;
  }

  /** A one-time link. `host`: the name by which the device knows the server. */
  async link(host = "localhost"): Promise<string> {
    return `http://${host}:${this.home.port}/#pair=${await this.home.api.pairingCode()}`;
  }

  /** A page of another site. It comes over HTTP: on the way to any other the browser keeps no page to come back to. */
  get elsewhere(): string {
    return `http://127.0.0.1:${this.home.port}/icon.svg`;
  }

  /** Another device, which shares nothing with the others; not signed in. */
  async device(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.browser.newContext({ ...desk, ...options });
    this.#contexts.push(context);
    this.#listen(context);
    return context;
  }

  /** Another device, signed in, with the list of sessions open. */
  async signedIn(options: BrowserContextOptions = {}): Promise<AppPage> {
    const app = await AppPage.open(await this.device(options), await this.link());
    await app.untilHome();
    return app;
  }

  /** Another device, signed in, with a session open. */
  async viewer(session: string, options: BrowserContextOptions = {}): Promise<AppPage> {
    const app = await this.signedIn(options);
    await this.openSession(app, session);
    return app;
  }

  /** Another tab of this page's device, on the same address, of a size of its own. */
  async tab(app: AppPage, viewport: { readonly width: number; readonly height: number }): Promise<AppPage> {
    const page = await app.page.context().newPage();
    await page.setViewportSize(viewport);
    const tab = AppPage.on(page);
    await page.goto(app.url);
    await tab.untilTerminal();
    return tab;
  }

  /** Goes to a session as from a bookmark. */
  async openSession(app: AppPage, session: string): Promise<void> {
    await app.page.goto(`${new URL(app.url).origin}/s/${session}`);
    await app.untilTerminal();
  }

  /** A session that nobody looks at yet; a plain shell unless told otherwise. */
  async session(command: readonly string[] = ["sh"], name?: string): Promise<string> {
    const environment = { variables: this.home.variables };
    const cwd = this.home.path("user");
    const { id } = await this.home.api.create({ command: [...command], cwd, environment, ...(name === undefined ? {} : { name }) });
    return id;
  }

  /** The session's whole history as text. */
  async history(session: string): Promise<string> {
    return (await this.home.api.send("GET", `/api/sessions/${session}/history?format=text`)).text;
  }

  /** What pages may say on their consoles in this test. */
  expectProblem(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Ends what a test began: its devices and sessions. Throws what their consoles complained of. */
  async clear(): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close()));
    for (const { id } of await this.home.api.sessions()) await this.home.api.delete(id);
    const problems = this.#problems.filter((problem) => !this.#expected.some((pattern) => pattern.test(problem)));
    this.#contexts = [];
    this.#problems = [];
    this.#expected = [];
    if (problems.length > 0) throw new Error(`on the consoles:\n${problems.join("\n")}`);
  }

  async close(): Promise<void> {
    await this.profile.close();
    await this.home.close();
  }

  get #browser(): LaunchedBrowser {
    if (!this.#launched) throw new Error("the browser is not open");
    return this.#launched;
  }

  #listen(context: BrowserContext): void {
    context.on("console", (message: ConsoleMessage) => {
      if (message.type() === "error" || message.type() === "warning") this.#problems.push(`${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.#problems.push(String(error.error().stack)));
  }
}
