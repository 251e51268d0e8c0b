// What a user installs: the packed file, in an empty prefix; and what an old Node.js says to it.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { processesWith } from "./harness/processes.ts";

const root = join(import.meta.dirname, "..");
const manifest = "packages/server/package.json";

let scratch: string;
let prefix: string;

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[], cwd = root): Ran {
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter), TMPDIR: scratch };
  const ran = spawnSync(command, args, { cwd, env, encoding: "utf8", timeout: 110_000, killSignal: "SIGKILL" });
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "pd-pack-"));
  prefix = join(scratch, "prefix");
  mkdirSync(prefix);
  const packed = run("npm", ["pack", "-w", "packages/server", "--pack-destination", scratch]);
  const file = readdirSync(scratch).find((name) => name.endsWith(".tgz"));
  if (file === undefined) throw new Error(`npm pack made nothing:\n${packed.stdout}${packed.stderr}`);
  const installed = run(
    "npm",
    ["i", "-g", "--prefix", prefix, "--prefer-offline", "--no-audit", "--no-fund", join(scratch, file)],
    scratch,
  );
  if (installed.status !== 0) throw new Error(`npm i -g failed:\n${installed.stdout}${installed.stderr}`);
});

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

const perdure = (...args: string[]): Ran => run(join(prefix, "bin/perdure"), args, scratch);

test("the installed program says its version and explains itself", () => {
  expect(perdure("--version").stdout).toMatch(/\d+\.\d+\.\d+/);
  expect(perdure("--help").stdout).toContain("attach");
});

test("the files that shells read are there", () => {
  const shell = join(prefix, "lib/node_modules/perdure/dist/shell");
  const files = ["bash/perdure.bash", "zsh/.zshenv", "fish/fish/vendor_conf.d/perdure.fish"];
  expect(files.filter((file) => !existsSync(join(shell, file)))).toEqual([]);
});

test("what a start loads is not brought in whole where little of it is used", () => {
  const dist = join(prefix, "lib/node_modules/perdure/dist");
  const files = readdirSync(dist).filter((name) => name.endsWith(".js"));
  expect(files).toContain("server.js");
  // Who takes zod's namespace apart gets its texts in fifty languages, too.
  expect(files.filter((name) => readFileSync(join(dist, name), "utf8").includes("zod/v4/locales/"))).toEqual([]);
});

test("the demo of the installed program kills its server and loses no line, and leaves nothing behind", () => {
  const { status, stdout, stderr } = perdure("demo", "--no-open", "--act", "server", "--json");
  expect(`${status} ${stderr}`).toMatch(/^0 /);
  const told = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
  expect(JSON.stringify(told)).toMatch(/lost/);
  expect(processesWith(scratch)).toEqual([]);
});

/** A program that embeds the installed package: one session with a function, one answer, and nothing left behind. */
const embedder = `
import { functionAgent, startServer } from "perdure";
const run = async function* ({ prompt }) { yield "You said " + prompt; };
const server = await startServer({ home: process.env.SCRATCH_HOME, port: 0, agents: [functionAgent({ id: "mine", name: "Mine", run })] });
const ask = async (method, path, body, headers = {}) => {
  const all = { authorization: "Bearer " + server.token, ...headers };
  const answer = await fetch(server.url + path, { method, headers: all, ...(body ? { body: JSON.stringify(body) } : {}) });
  return answer.json();
};
const key = { "idempotency-key": crypto.randomUUID() };
const { id } = await ask("POST", "/api/sessions", { agent: { agent: "mine" }, environment: { variables: {} }, cwd: "/" }, key);
await ask("PUT", "/api/sessions/" + id + "/messages/" + crypto.randomUUID(), { text: "hello" });
for (;;) {
  const { conversation } = await ask("GET", "/api/sessions/" + id + "/conversation");
  if (conversation.lastTurn && !conversation.runningTurn) {
    console.log(Object.values(conversation.messages)[0].parts[0].text);
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}
await ask("POST", "/api/shutdown", { all: true });
console.log((await server.ended).is);
`;

/** Uses what a TypeScript program would. */
const typed = `
import { asTwoStates, functionAgent, startServer, PerdureError, type FunctionPart, type FunctionRequest } from "perdure";
async function* run({ prompt, messages, signal, ask, conversation }: FunctionRequest): AsyncGenerator<FunctionPart> {
  const { isAllowed, note } = await ask({ title: "May I?", options: [{ id: "a", label: "A", kind: "answer" }] });
  const states: string[] = Object.values(conversation.turns).map(({ state }) => state);
  if (isAllowed && !signal.aborted) yield prompt + messages.length + (note ?? "") + states.join();
  yield { type: "tool", id: "x", name: "x", kind: "read", input: { any: 1 } };
  yield { type: "tool-end", id: "x", status: "failed", diffs: [{ path: "a", before: null, after: "b" }] };
  // @ts-expect-error: there is no such part
  yield { type: "image" };
}
const server = await startServer({ agents: [functionAgent({ id: "mine", name: "Mine", run, resumes: true })] });
const link: string = await server.link();
const code: PerdureError["code"] = "port-in-use";
export const all = [link, code, asTwoStates, (await server.ended).is === "fatal"];
`;

test("a program can embed what is installed, with types, and whatever flags its own process has", () => {
  const project = join(scratch, "project");
  mkdirSync(project);
  symlinkSync(join(prefix, "lib/node_modules"), join(project, "node_modules"));
  process.env["SCRATCH_HOME"] = join(project, "home");
  const ran = run(process.execPath, ["--input-type=module", "-e", embedder], project);
  expect(`${ran.stdout}${ran.stderr}`).toBe("You said hello\nshutdown\n");
  expect(processesWith(project)).toEqual([]);
  writeFileSync(join(project, "use.mts"), typed);
  const options = ["--noEmit", "--strict", "--target", "es2024", "--module", "nodenext", "--lib", "es2024,dom", "--types", ""];
  const compiled = run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...options, "use.mts"], project);
  expect(compiled).toMatchObject({ stdout: "", stderr: "", status: 0 });
});

const older = olderNode();

test.skipIf(older === undefined)("an older Node.js is told in one line what to do", () => {
  const { status, stderr } = run(older ?? "", [join(root, "packages/server/bin/perdure.js"), "status"]);
  expect(status).toBe(1);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain("Node.js 24");
});

/** A Node.js on the PATH that is too old, if there is one. */
function olderNode(): string | undefined {
  const needed = 24;
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const file = join(folder, "node");
    if (!existsSync(file)) continue;
    const major = Number(/^v(\d+)/.exec(spawnSync(file, ["--version"], { encoding: "utf8" }).stdout)?.[1]);
    if (major > 0 && major < needed) return file;
  }
  return undefined;
}

test("what is packed names every dependency that it has", () => {
  expect(existsSync(join(root, manifest))).toBe(true);
  expect(existsSync(join(prefix, "lib/node_modules/perdure/dist/web/index.html"))).toBe(true);
});
