// Builds what is published as `perdure`: the server's entry files, flat in packages/server/dist, and the web app beside them in dist/web.
// The new dist takes the place of the old one in the end, by renames: a failed build leaves the old one as it was, and a server that
// runs from it keeps its open files.
//
//   node scripts/build.ts [--if-missing] [--quiet]

import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { rolldown, type Plugin } from "rolldown";
import { build as buildSite } from "vite";
import { writeLibraryTypes } from "./library-types.ts";
import { notices } from "./notices.ts";
import { dist, newestSource, root, serverPackage, stamp } from "./sources.ts";

// Sources find each other by these names (`new URL("./store-worker.js", import.meta.url)`), so they lie flat in one folder.
const entries: Readonly<Record<string, string>> = {
  cli: "src/cli/main.ts",
  server: "src/http/main.ts",
  host: "src/host/main.ts",
  "launch-program": "src/host/launch-program.ts",
  "store-worker": "src/store/store-worker.ts",
  "engine-worker": "src/terminal/engine-worker.ts",
  "demo-agent": "src/agents/demo/demo-agent.ts",
  index: "src/library/index.ts",
};

const stage = join(serverPackage, `.dist-${process.pid}`);
const retired = join(serverPackage, `.dist-${process.pid}-old`);
const quiet = process.argv.includes("--quiet");

function say(line: string): void {
  if (!quiet) console.log(line);
}

function existingEntries(): Record<string, string> {
  const existing: Record<string, string> = {};
  for (const [name, source] of Object.entries(entries)) {
    const path = join(serverPackage, source);
    if (existsSync(path)) existing[name] = path;
    else console.warn(`build: packages/server/${source} does not exist, so dist/${name}.js is left out`);
  }
  return existing;
}

/** These have files of their own beside their code, so they stay imports. All else is bundled: a server that is started reads few files. */
const imported = ["@lydell/node-pty", "@xterm/headless", "open"];

/**
 * An `import` of a builtin reads each of its exports. Of these some are made only when they are read, at a price: `WebSocket` of `node:http` brings
 * up all of fetch, 30 ms of each start. So they are taken as the objects that they are.
 */
const takenAsObjects: ReadonlySet<string> = new Set(["node:http"]);

const builtinsAsObjects: Plugin = {
  name: "builtins-as-objects",
  resolveId: (id) => (takenAsObjects.has(id) ? `\0${id}` : null),
  load: (id) => (id.startsWith("\0node:") ? `module.exports = process.getBuiltinModule(${JSON.stringify(id.slice(1))});` : null),
};

function isImported(id: string): boolean {
  if (takenAsObjects.has(id)) return false;
  return isBuiltin(id) || imported.some((name) => id === name || id.startsWith(`${name}/`));
}

async function buildServer(): Promise<void> {
  const all = Object.entries(existingEntries());
  const modules: string[] = [];
  for (const entry of all.filter(([name]) => startedOften.has(name))) modules.push(...(await buildEntries([entry])));
  modules.push(...(await buildEntries(all.filter(([name]) => !startedOften.has(name)))));
  writeFileSync(join(stage, "THIRD-PARTY-NOTICES.txt"), notices(modules));
}

/**
 * What a server's start waits for has files of its own, though others are made of the same. Shared files are many and small, and each is a
 * millisecond of a start.
 */
const startedOften: ReadonlySet<string> = new Set(["server", "store-worker", "engine-worker"]);

/** The modules that they are made of. */
async function buildEntries(input: readonly (readonly [string, string])[]): Promise<readonly string[]> {
  const bundle = await rolldown({
    cwd: serverPackage,
    input: Object.fromEntries(input),
    external: isImported,
    plugins: [builtinsAsObjects],
    platform: "node",
    resolve: { conditionNames: ["@perdure/source", "node", "import", "default"] },
  });
  try {
    const files = { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" };
    const { output } = await bundle.write({ dir: stage, format: "esm", ...files, sourcemap: true });
    return output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
  } finally {
    await bundle.close();
  }
}

/** Who only runs perdure does not need them: a source that is not well typed does not hold up a build. */
function buildTypes(): void {
  try {
    writeLibraryTypes(join(stage, "types"));
  } catch (error) {
    console.warn(`build: the library is without types: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function buildWeb(): Promise<void> {
  await buildSite({
    root: join(root, "apps/web"),
    logLevel: quiet ? "warn" : "info",
    build: { outDir: join(stage, "web"), emptyOutDir: true },
  });
}

/** Another build may do the same at the same moment: then one of the two renames fails and the whole is tried again. */
function putInPlace(): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (existsSync(dist)) renameSync(dist, retired);
      renameSync(stage, dist);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (attempt === 10 || (code !== "ENOENT" && code !== "ENOTEMPTY" && code !== "EEXIST")) throw error;
    } finally {
      rmSync(retired, { recursive: true, force: true });
    }
  }
}

async function main(): Promise<void> {
  if (process.argv.includes("--if-missing") && existsSync(stamp)) return;
  const startedMs = performance.now();
  // Taken before anything is read: a source that changes during the build is newer than what was built from it.
  const builtFrom = newestSource();
  mkdirSync(stage, { recursive: true });
  try {
    await buildServer();
    // What shells read that perdure starts.
    cpSync(join(serverPackage, "src/sessions/shell"), join(stage, "shell"), { recursive: true });
    buildTypes();
    await buildWeb();
    writeFileSync(join(stage, ".stamp"), `${builtFrom}\n`);
    putInPlace();
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  say(`built packages/server/dist in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}

await main();
