// The browser of the end-to-end tests: finds Chromium, and runs it as a process of its own that can be killed and started again on the
// same profile, as happens to a browser on a phone. Playwright is connected with `noDefaults`: without it, it emulates focus and
// switches off the back/forward cache, so a page would never be hidden, frozen or restored.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chromium, type Browser, type BrowserContext } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome"];
const packages = ["chromium", "fonts-dejavu-core", "fonts-noto-mono"];

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-breakpad",
  "--disable-crash-reporter",
  "--remote-debugging-port=0",
];

const startTimeoutMs = 30_000;
const closeTimeoutMs = 10_000;

/**
 * The path of a Chromium: the environment variable CHROMIUM, else the first on the PATH, else, as root on Debian, one that it installs
 * with apt-get. Throws an error that says what to do where there is none of these.
 */
export function findChromium(): string {
  const chosen = process.env["CHROMIUM"];
  if (chosen !== undefined && chosen !== "") {
    if (isExecutable(chosen)) return chosen;
    throw new Error(`CHROMIUM is set to ${chosen}, which is not an executable file: set it to the path of a Chromium, or unset it.`);
  }
  return findOnPath() ?? installOnDebian();
}

function findOnPath(): string | undefined {
  for (const name of names) {
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
      const path = join(folder, name);
      if (folder !== "" && isExecutable(path)) return path;
    }
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function installOnDebian(): string {
  const command = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  const advice = `The browser tests need Chromium. Install it (on Debian, as root: ${command}) or set CHROMIUM to its path.`;
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) throw new Error(advice);
  console.log(`No Chromium found; installing it: ${command}`);
  const lockTimeout = ["-o", "DPkg::Lock::Timeout=300"];
  for (const step of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
    const ran = spawnSync("apt-get", [...lockTimeout, "-q", ...step], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (ran.status !== 0) throw new Error(`apt-get ${step[0] ?? ""} failed (status ${String(ran.status)}). ${advice}`);
  }
  const path = findOnPath();
  if (path === undefined) throw new Error(`apt-get installed ${packages.join(", ")}, yet no Chromium is on the PATH. ${advice}`);
  return path;
}

export interface LaunchOptions {
  /** The profile. It is kept at the end, so the same one can be opened again; it must not be open in another browser. */
  readonly userDataDir: string;
  /** Further command line flags. */
  readonly args?: readonly string[];
}

export interface LaunchedBrowser {
  readonly browser: Browser;
  /** The profile's own context: its pages are tabs of one window. */
  readonly context: BrowserContext;
  readonly pid: number;
  /** Ends the browser as a user would, writing its profile out; kills it after 10 s. */
  close(): Promise<void>;
  /** SIGKILL to the browser and all processes it has started, as a phone does; resolves when it is gone. */
  kill(): Promise<void>;
}

export async function launchBrowser({ userDataDir, args = [] }: LaunchOptions): Promise<LaunchedBrowser> {
  const path = findChromium();
  prepareProfile(userDataDir);
  // A process group of its own (detached), so that a kill reaches its helpers and nothing else.
  const child = spawn(path, [...flags, ...args, `--user-data-dir=${userDataDir}`, "about:blank"], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const stderr = keepTail(child);
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const killAll = (): void => killTree(child);
  process.once("exit", killAll);
  const kill = async (): Promise<void> => {
    killAll();
    await gone;
    process.off("exit", killAll);
  };

  try {
    const endpoint = await waitForEndpoint(child, userDataDir, stderr);
    const browser = await chromium.connectOverCDP(endpoint, { noDefaults: true, timeout: startTimeoutMs });
    const context = browser.contexts()[0];
    if (context === undefined) throw new Error("Chromium has no default context");
    const close = async (): Promise<void> => {
      await askToClose(browser);
      await Promise.race([gone, delay(closeTimeoutMs, undefined, { ref: false })]);
      await kill();
    };
    return { browser, context, pid: child.pid ?? 0, close, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** A killed browser leaves its lock and its last port behind; the next one would refuse to start, or be looked for at the wrong port. */
function prepareProfile(userDataDir: string): void {
  mkdirSync(userDataDir, { recursive: true });
  for (const name of readdirSync(userDataDir)) {
    if (name.startsWith("Singleton") || name === "DevToolsActivePort") rmSync(join(userDataDir, name), { force: true });
  }
}

function keepTail(child: ChildProcess): () => string {
  let tail = "";
  child.stderr?.setEncoding("utf8");
  child.stderr?.on("data", (text: string) => {
    tail = (tail + text).slice(-2000);
  });
  return () => tail;
}

async function waitForEndpoint(child: ChildProcess, userDataDir: string, stderr: () => string): Promise<string> {
  const file = join(userDataDir, "DevToolsActivePort");
  let failure: Error | undefined;
  child.once("error", (error) => (failure = error));
  const deadlineMs = performance.now() + startTimeoutMs;
  while (performance.now() < deadlineMs) {
    if (failure !== undefined) throw new Error("Chromium could not be started", { cause: failure });
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`Chromium ended while starting:\n${stderr()}`);
    const [port, path] = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    // The file is written in two lines: the port and the path. Only with both is it complete.
    if (port !== undefined && path !== undefined && path !== "") return `http://127.0.0.1:${port}`;
    await delay(25);
  }
  throw new Error(`Chromium did not open its debugging port within ${startTimeoutMs / 1000} s:\n${stderr()}`);
}

async function askToClose(browser: Browser): Promise<void> {
  try {
    const session = await browser.newBrowserCDPSession();
    await session.send("Browser.close");
  } catch {
    // It is already gone or going: the caller waits for the process either way.
  }
}

/** Helpers that left the process group are found by their parents, which must be read before those are killed. */
function killTree(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  const hasExited = child.exitCode !== null || child.signalCode !== null;
  const helpers = hasExited ? [] : descendants(pid);
  for (const target of [-pid, ...helpers]) {
    try {
      process.kill(target, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function descendants(ancestor: number): number[] {
  const listed = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const children = new Map<number, number[]>();
  for (const line of (listed.stdout ?? "").split("\n")) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    if (pid !== undefined && parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  for (const queue = [ancestor]; queue.length > 0;) {
    const next = children.get(queue.pop() ?? 0) ?? [];
    found.push(...next);
    queue.push(...next);
  }
  return found;
}
