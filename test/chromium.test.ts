import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { launchBrowser, type LaunchedBrowser } from "./chromium.ts";

const page = `<!doctype html><title>page</title><script>
  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open("kept", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("values");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const run = (mode, act) => opened.then((db) => new Promise((resolve, reject) => {
    const transaction = db.transaction("values", mode, { durability: "strict" });
    const request = act(transaction.objectStore("values"));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
  }));
  globalThis.keep = (value) => run("readwrite", (store) => store.put(value, "value")).then(() => true);
  globalThis.kept = () => run("readonly", (store) => store.get("value"));
</script>`;

let server: Server;
let url: string;
let userDataDir: string;
let open: LaunchedBrowser[];

beforeEach(async () => {
  server = createServer((_request, response) => response.setHeader("content-type", "text/html").end(page));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  userDataDir = mkdtempSync(join(tmpdir(), "perdure-browser-"));
  open = [];
});

afterEach(async () => {
  for (const browser of open) await browser.kill();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(userDataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

async function launch(): Promise<LaunchedBrowser> {
  const launched = await launchBrowser({ userDataDir });
  open.push(launched);
  return launched;
}

test("a browser that is killed leaves no process, and its profile opens again with what was kept", async () => {
  const first = await launch();
  const tab = await first.context.newPage();
  await tab.goto(url);
  expect(await tab.evaluate(`keep("written before the kill")`)).toBe(true);
  await first.kill();
  await expect.poll(() => processesOf(userDataDir)).toEqual([]);

  const second = await launch();
  const again = await second.context.newPage();
  await again.goto(url);
  expect(await again.evaluate(`kept()`)).toBe("written before the kill");
  await second.close();
  await expect.poll(() => processesOf(userDataDir)).toEqual([]);
});

test("a tab behind another is hidden, and a tab can be frozen", async () => {
  const { context } = await launch();
  const behind = await context.newPage();
  await behind.goto(url);
  const before = await context.newPage();
  await before.goto(url);
  await before.bringToFront();
  await expect.poll(() => behind.evaluate(() => document.visibilityState)).toBe("hidden");

  await behind.evaluate(`globalThis.frozen = 0; document.addEventListener("freeze", () => { frozen += 1; })`);
  const session = await context.newCDPSession(behind);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  await expect.poll(() => behind.evaluate(`frozen`)).toBe(1);
});

/** The processes that name the profile on their command line; empty where there is no /proc. */
function processesOf(profile: string): string[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "utf8").includes(profile);
    } catch {
      return false;
    }
  });
}
