// What perdure is for, in one test: `npm start`, a shell in the browser, the server dies, the shell and its screen do not.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AppPage } from "./harness/app-page.ts";
import { BrowserProfile } from "./harness/browser-profile.ts";
import { PerdureHome } from "./harness/perdure-home.ts";
import { isAlive, killHard } from "./harness/processes.ts";
import { until, within } from "./harness/until.ts";

const root = join(import.meta.dirname, "..");

let home: PerdureHome;
let profile: BrowserProfile;

beforeEach(() => {
  home = new PerdureHome();
  profile = new BrowserProfile();
});

afterEach(async () => {
  await profile.close();
  await home.close();
});

/** Runs `npm start` as a person does, and answers what it has printed when it is done. */
async function npmStart(port: number): Promise<string> {
  // The shell is a plain one: what the start-up files of this machine's user do is not looked at here.
  const { HOME, SCRATCH } = home.variables;
  const env = { ...process.env, PERDURE_HOME: home.directory, HOME, SCRATCH, SHELL: "/bin/bash" };
  const child = spawn("npm", ["start", "--", "--no-open", "--port", String(port)], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (printed += text.toString()));
  const exited = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => resolve(code));
  });
  expect(await within(90_000, "the end of npm start", exited, () => printed)).toBe(0);
  return printed;
}

interface ServerFile {
  readonly pid: number;
  readonly port: number;
}

function serverFile(): ServerFile {
  return JSON.parse(readFileSync(join(home.directory, "server.json"), "utf8")) as ServerFile;
}

test("npm start gives a link; a shell in the browser outlives the server's SIGKILL: same pid, same screen", async () => {
  const link = /http:\/\/\S+#pair=\S+/.exec(await npmStart(0))?.[0];
  expect(link).toBeDefined();
  const first = serverFile();

  const { context } = await profile.launch();
  const app = await AppPage.open(context, link ?? "");
  await app.untilHome();
  await app.create();
  await app.enter("echo \"pid is $$\"; printf '\\033[1;32mgreen\\033[0m and %s\\n' plain");
  await app.untilRow(/^pid is \d+$/);
  await app.untilRow("green and plain");
  const rows = await app.rows();
  const shell = Number(/pid is (\d+)/.exec(rows.join("\n"))?.[1]);

  await killHard(first.pid);
  expect(isAlive(shell)).toBe(true);
  await npmStart(first.port);
  const second = serverFile();
  expect(second.port).toBe(first.port);
  expect(second.pid).not.toBe(first.pid);

  await app.enter('echo "still $$"');
  await app.untilRow(`still ${shell}`);
  const later = await app.rows();
  const before = rows.filter((row) => row !== "").slice(0, -1);
  expect(later.slice(0, before.length)).toEqual(before);

  const other = await AppPage.open(context, app.url);
  await other.untilRow(`still ${shell}`);
  await until("the same screen in another tab", async () => (await other.rows()).join("\n") === (await app.rows()).join("\n"));
});
