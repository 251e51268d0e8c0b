// A server with an empty environment, as a service manager may start it: programs get their requester's, or the login shell's.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PerdureHome } from "./harness/perdure-home.ts";
import { dist } from "./harness/server-process.ts";
import { readLog } from "./harness/session-log.ts";
import { homeForEachTest } from "./harness/set-up.ts";
import { until, within } from "./harness/until.ts";

let home: PerdureHome;

homeForEachTest(async (made) => {
  home = made;
  const nothing = Object.fromEntries(Object.keys(home.variables).map((name) => [name, undefined]));
  await home.start({ env: { ...nothing, PERDURE_HISTORY_BYTES: undefined } });
});

/** `perdure …` of this build, with the caller's environment. */
async function perdure(args: readonly string[], env: Readonly<Record<string, string>>): Promise<{ code: number | null; printed: string }> {
  const child = spawn(process.execPath, [join(dist, "cli.js"), "--home", home.directory, ...args], {
    env: { ...home.variables, ...env },
    cwd: home.scratch,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  let errors = "";
  child.stdout.on("data", (text: Buffer) => (printed += text.toString()));
  child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  const exited = new Promise<number | null>((resolve) => {
    child.once("close", (code) => resolve(code));
  });
  return { code: await within(30_000, `perdure ${args.join(" ")}`, exited, () => printed + errors), printed };
}

test("perdure PROGRAM gets the caller's environment, directory and umask, and gives back its exit code", async () => {
  const path = `/caller/bin:${home.variables["PATH"]}`;
  const script = 'echo "PATH=$PATH"; echo "OWN=$OWN"; echo "in $PWD"; umask; exit 9';
  const { code, printed } = await perdure(["run", "--", "/bin/sh", "-c", script], { PATH: path, OWN: "the caller's" });
  expect(printed).toContain(`PATH=${path}`);
  expect(printed).toContain("OWN=the caller's");
  expect(printed).toContain(`in ${home.scratch}`);
  expect(code).toBe(9);
});

test("a session from the web gets the login shell's environment, and nothing of the server's", async () => {
  const command = ["/bin/sh", "-c", 'echo "PATH=$PATH"; echo "HOME=$HOME"; env | grep -c "^PERDURE_HISTORY" ; echo end'];
  const { id } = await home.api.create({ command });
  await until("its output", async () => (await readLog(home, id)).includes("end"));
  const text = (await readLog(home, id)).toString();
  expect(text).toMatch(/PATH=\/\S+/);
  expect(text).toMatch(/HOME=\/\S+/);
  expect(text).toMatch(/^0\r$/m);
});
