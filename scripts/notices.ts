// The licences of what is bundled: whoever gets the files gets these with them.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const folderOfPackage = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;

/** Name, version and licence of each package that one of these modules comes from. Throws if one has no licence file. */
export function notices(moduleIds: readonly string[]): string {
  const folders = new Set(moduleIds.map((id) => folderOfPackage.exec(id)?.[0]).filter((folder) => folder !== undefined));
  return [...folders].toSorted().map(notice).join("\n\n");
}

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
  const file = existsSync(folder) ? readdirSync(folder).find((each) => /^licen[cs]e/i.test(each)) : undefined;
  if (file === undefined) throw new Error(`${folder} has no licence file and cannot be bundled`);
  return `${"=".repeat(80)}\n${name} ${version} (${license})\n${"=".repeat(80)}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}
