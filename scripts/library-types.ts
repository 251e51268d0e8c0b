// The types of the library, for those who embed `perdure`: the declarations that its entry needs, copied with everything they refer
// to. `@perdure/protocol` is bundled in the code, so its declarations come along, too.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root, serverPackage } from "./sources.ts";

const declarations = join(serverPackage, "build/types");
const entry = join(declarations, "library/index.d.ts");
const protocol = join(root, "packages/protocol/dist");
/** `from "./x.ts"`, `import("./x.ts")`, and the same with a package. */
const reference = /(from\s+|import\()"([^"]+)"/g;

/** Writes them below `target`; the entry is `library/index.d.ts`. Throws with the compiler's words if the source is not well typed. */
export function writeLibraryTypes(target: string): void {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const built = spawnSync(process.execPath, [compiler, "-b", join(serverPackage, "src/library")], { encoding: "utf8", timeout: 120_000 });
  if (built.status !== 0) throw new Error(`the library's types cannot be made:\n${built.stdout}${built.stderr}`);
  const waiting = [entry];
  const done = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (done.has(file)) continue;
    done.add(file);
    const place = placeOf(file);
    const text = readFileSync(file, "utf8").replace(reference, (whole, before: string, name: string) => {
      const found = fileOf(file, name);
      if (found === null) return whole;
      waiting.push(found);
      const way = relative(dirname(place), placeOf(found)).replace(/\.d\.ts$/, ".js");
      return `${before}"${way.startsWith(".") ? way : `./${way}`}"`;
    });
    mkdirSync(dirname(join(target, place)), { recursive: true });
    writeFileSync(join(target, place), text.replace(/^\/\/# sourceMappingURL=.*$/m, ""));
  }
}

/** `null`: a package that stays one. */
function fileOf(from: string, name: string): string | null {
  if (name === "@perdure/protocol") return join(protocol, "index.d.ts");
  return name.startsWith(".") ? join(dirname(from), name.replace(/\.[jt]s$/, ".d.ts")) : null;
}

/** Where a declaration lies among the library's. */
function placeOf(file: string): string {
  return file.startsWith(protocol) ? join("protocol", relative(protocol, file)) : relative(declarations, file);
}
