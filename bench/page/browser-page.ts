// Chromium with the page of the browser benchmarks, signed in at a server. The page is answered here, in the server's name: a session's
// cookie counts only for pages of the server itself.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { rolldown } from "rolldown";
import { root } from "../../scripts/sources.ts";
import { launchBrowser } from "../../test/chromium.ts";
import type { PerdureHome } from "../../test/harness/perdure-home.ts";
import { within } from "../../test/harness/until.ts";
import type { Ask } from "./page.ts";

const showTimeoutMs = 120_000;
/** A page that was answered here has no address; Chromium would keep it from the server's. */
const flags = ["--window-size=1100,900", "--disable-features=LocalNetworkAccessChecks"];

export interface BrowserPage {
  /** Milliseconds until the session is painted (page.ts). */
  show(session: string, mode: Ask["mode"]): Promise<number>;
  /** What is painted now. */
  pixels(): Promise<Buffer>;
  /** The app's own page of a session. */
  app(session: string): Promise<Page>;
  close(): Promise<void>;
}

export async function openBrowserPage(home: PerdureHome, size: { readonly cols: number; readonly rows: number }): Promise<BrowserPage> {
  const launched = await launchBrowser({ userDataDir: home.path("profile"), args: flags });
  try {
    const page = await openPage(launched.context, home);
    const url = `${home.url.replace("http:", "ws:")}/api/socket`;
    return {
      show: (session, mode) => within(showTimeoutMs, "a painted session", ask(page, { url, session, mode, ...size })),
      pixels: () => page.locator("#terminal .xterm-screen").screenshot(),
      app: async (session) => {
        const app = await launched.context.newPage();
        await app.goto(`${home.url}/s/${session}`);
        return app;
      },
      close: () => launched.close(),
    };
  } catch (error) {
    await launched.close();
    throw error;
  }
}

async function openPage(context: BrowserContext, home: PerdureHome): Promise<Page> {
  const address = `${home.url}/bench`;
  const body = await html();
  const page = context.pages()[0] ?? (await context.newPage());
  await page.route(address, (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body }));
  await context.addCookies([await signIn(home)]);
  await page.goto(address);
  return page;
}

function ask(page: Page, what: Ask): Promise<number> {
  return page.evaluate((each) => (globalThis as unknown as { readonly show: (ask: Ask) => Promise<number> }).show(each), what);
}

async function html(): Promise<string> {
  const bundle = await rolldown({
    input: join(import.meta.dirname, "page.ts"),
    platform: "browser",
    resolve: { conditionNames: ["@perdure/source", "browser", "import", "default"] },
  });
  const { output } = await bundle.generate({ format: "iife" });
  await bundle.close();
  const css = readFileSync(join(root, "node_modules/@xterm/xterm/css/xterm.css"), "utf8");
  const script = output[0].code.replaceAll("</script", "<\\/script");
  return `<!doctype html><meta charset="utf-8"><style>${css} body{margin:0}</style><div id="terminal"></div><script>${script}</script>`;
}

/** Pairs, as a browser does, and gives the cookie. */
async function signIn(home: PerdureHome): Promise<{ name: string; value: string; url: string }> {
  const code = await home.api.pairingCode();
  const asked = { body: { code, name: "bench" }, token: null, headers: { origin: home.url } };
  const { status, headers, text } = await home.api.send("POST", "/api/pair", asked);
  const [name, value] = headers.getSetCookie()[0]?.split(";")[0]?.split("=") ?? [];
  if (!name || !value) throw new Error(`pairing gave no cookie: ${status} ${text}`);
  return { name, value, url: home.url };
}
