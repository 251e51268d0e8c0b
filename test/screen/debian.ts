// Programs that tests use and a machine may not have: installed from Debian's packages where that can be done, else left out, and that is said.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const folders = new Set([
  ...(process.env["PATH"] ?? "").split(delimiter),
  "/usr/local/bin",
  "/usr/bin",
  "/bin",
  "/usr/sbin",
  "/sbin",
  "/usr/games",
]);

export function hasProgram(name: string): boolean {
  return [...folders].some((folder) => folder !== "" && existsSync(join(folder, name)));
}

/** True if the program is there, or is now. */
export function ensureProgram(name: string, debian: string = name): boolean {
  if (hasProgram(name)) return true;
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) {
    console.log(`${name} is not installed (on Debian, as root: apt-get install ${debian}): what needs it is left out`);
    return false;
  }
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, stdio: "ignore" as const };
  const lockTimeout = ["-o", "DPkg::Lock::Timeout=300", "-q"];
  for (const step of [["update"], ["install", "-y", "--no-install-recommends", debian]])
    spawnSync("apt-get", [...lockTimeout, ...step], options);
  return hasProgram(name);
}
