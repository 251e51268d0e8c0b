// Which files a build is made from, and whether the last build is still that of the present files.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

export const root: string = dirname(import.meta.dirname);
export const serverPackage: string = join(root, "packages/server");
export const dist: string = join(serverPackage, "dist");
/** Written last by a build; holds the newest change of its sources. */
export const stamp: string = join(dist, ".stamp");

const places = [
  "packages/protocol/src",
  "packages/client/src",
  "packages/server/src",
  "packages/server/package.json",
  "apps/web/src",
  "apps/web/public",
  "apps/web/index.html",
  "apps/web/vite.config.ts",
  "scripts/build.ts",
  "package-lock.json",
];

/** The newest change, as "<milliseconds> <number of files>": a deleted file changes it too. */
export function newestSource(): string {
  let newestMs = 0;
  let count = 0;
  const look = (path: string): void => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || /\.test\.tsx?$/.test(path)) return;
    newestMs = Math.max(newestMs, stat.mtimeMs);
    if (stat.isDirectory()) for (const name of readdirSync(path)) look(join(path, name));
    else count += 1;
  };
  for (const place of places) look(join(root, place));
  return `${newestMs} ${count}`;
}

export function isBuilt(): boolean {
  try {
    return readFileSync(stamp, "utf8").trim() === newestSource();
  } catch {
    return false;
  }
}
