// Runs perdure from this repository: builds first, without a word, if a source has changed since the last build.
//
//   npm start -- [arguments]      npm run -s perdure -- [arguments]

import { spawn, spawnSync } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { isBuilt, root, serverPackage } from "./sources.ts";

function buildIfNeeded(): void {
  if (isBuilt()) return;
  const built = spawnSync(process.execPath, [join(root, "scripts/build.ts"), "--quiet"], { stdio: ["ignore", 2, 2] });
  if (built.status !== 0) process.exit(built.status ?? 1);
}

/** The program gets this terminal, and the signals that reach only this process; its exit is ours. */
function run(): void {
  const child = spawn(process.execPath, [join(serverPackage, "bin/perdure.js"), ...process.argv.slice(2)], {
    // npm changes into the repository; the user may have called it from a folder below.
    cwd: process.env["INIT_CWD"] ?? process.cwd(),
    stdio: "inherit",
  });
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
}

buildIfNeeded();
run();
