import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-compiled-"));
const sources = new URL("./compile-cache.ts", import.meta.url).href;

const killed = { signal: "SIGKILL", stderr: "" };

afterEach(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** A process that keeps what it compiles below `home`, imports a module and ends as one that is killed: nothing is written at its end. */
async function run(home: string): Promise<unknown> {
  const imported = path.join(scratch, "imported.mjs");
  fs.mkdirSync(scratch, { recursive: true });
  fs.writeFileSync(imported, "export const answer = () => 42;\n");
  const script = `
    const { CompileCache } = await import(${JSON.stringify(sources)});
    const compiled = new CompileCache(${JSON.stringify(home)});
    const { answer } = await import(${JSON.stringify(imported)});
    compiled.keep();
    if (answer() === 42) process.kill(process.pid, "SIGKILL");`;
  const args = ["--conditions=@perdure/source", "--input-type=module", "-e", script];
  return promisify(execFile)(process.execPath, args, { env: {} }).catch((error: unknown) => error);
}

function kept(home: string): string[] {
  const files = fs.readdirSync(path.join(home, "cache", "compiled"), { recursive: true, withFileTypes: true });
  return files.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

test("compiled code is kept in the state directory, by a process that is killed as well", async () => {
  const home = path.join(scratch, "home");
  expect(await run(home)).toMatchObject(killed);
  const files = kept(home);
  expect(files.length).toBeGreaterThan(0);
  expect(fs.statSync(path.join(home, "cache", "compiled")).mode & 0o077).toBe(0);
  const before = files.map((file) => fs.statSync(file).mtimeMs);
  expect(await run(home)).toMatchObject(killed);
  expect(kept(home).map((file) => fs.statSync(file).mtimeMs)).toEqual(before);
});

test("what was damaged there is compiled anew", async () => {
  const home = path.join(scratch, "home");
  expect(await run(home)).toMatchObject(killed);
  for (const file of kept(home)) fs.writeFileSync(file, fs.readFileSync(file).fill(7, 40));
  expect(await run(home)).toMatchObject(killed);
});

test("what older builds left goes, the oldest first, beyond a hundred files", async () => {
  const home = path.join(scratch, "home");
  const old = path.join(home, "cache", "compiled", "old");
  fs.mkdirSync(old, { recursive: true });
  for (let age = 1; age <= 120; age += 1) {
    fs.writeFileSync(path.join(old, `${age}`), "");
    fs.utimesSync(path.join(old, `${age}`), 1_000_000 - age, 1_000_000 - age);
  }
  expect(await run(home)).toMatchObject(killed);
  const left = kept(home);
  expect(left).toHaveLength(100);
  expect(left.some((file) => !file.startsWith(old))).toBe(true);
  expect(fs.existsSync(path.join(old, "1"))).toBe(true);
  expect(fs.existsSync(path.join(old, "120"))).toBe(false);
});

test("what others could write there is neither kept nor run", async () => {
  const home = path.join(scratch, "home");
  fs.mkdirSync(home, { recursive: true });
  fs.chmodSync(home, 0o777);
  expect(await run(home)).toMatchObject(killed);
  expect(kept(home)).toEqual([]);
});

test("where nothing can be kept, everything goes on", async () => {
  fs.mkdirSync(scratch, { recursive: true });
  const file = path.join(scratch, "file");
  fs.writeFileSync(file, "");
  expect(await run(file)).toMatchObject(killed);
});
