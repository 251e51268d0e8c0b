import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claudeAgent } from "./claude/agent.ts";
import { codexAgent } from "./codex/agent.ts";
import { gemini } from "./acp/gemini.ts";
import { unreadableDirectory, unreadableFile } from "./unreadable.ts";

const ID = "11111111-1111-4111-8111-111111111111";

let home: string;
beforeEach(() => (home = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-unreadable-"))));
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

/** What nobody can read, root either: a link that leads to itself. */
function knot(...names: readonly string[]): string {
  const place = path.join(home, ...names);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.symlinkSync(place, place);
  return place;
}

test("what is not there, and files, are no hindrance", async () => {
  fs.writeFileSync(path.join(home, "file"), "");
  expect(await unreadableDirectory(home, 2)).toBeNull();
  expect(await unreadableDirectory(path.join(home, "nowhere"), 2)).toBeNull();
  expect(await unreadableFile(path.join(home, "nowhere"))).toBeNull();
});

test("a directory that cannot be read is found down to its level", async () => {
  const place = knot("a", "b");
  expect(await unreadableDirectory(home, 2)).toEqual({ place, code: "ELOOP" });
  expect(await unreadableDirectory(home, 1)).toBeNull();
});

test.each([
  ["claude", claudeAgent, [".claude", "projects", "-work"]],
  ["claude", claudeAgent, [".claude", "projects"]],
  ["claude", claudeAgent, [".claude", "projects", "-work", `${ID}.jsonl`]],
  ["codex", codexAgent, [".codex", "sessions", "2026", "11"]],
  ["gemini", gemini, [".gemini", "tmp", "work", "chats"]],
])("%s: a conversation is not gone because its record cannot be read", async (_, agent, names) => {
  const at = { cwd: "/work", env: { HOME: home } };
  expect(await agent.validate(ID, at)).toMatchObject({ is: "unknown-conversation" });
  const place = knot(...names);
  expect(await agent.validate(ID, at)).toEqual({ is: "unreadable", place, code: "ELOOP" });
});

test("claude: what of it is there tells why it is not known", async () => {
  const at = { cwd: "/work", env: { HOME: home } };
  const why = async (): Promise<string | undefined> => {
    const validation = await claudeAgent.validate(ID, at);
    return validation.is === "unknown-conversation" ? validation.why : validation.is;
  };
  expect(await why()).toBe(`nothing of Claude Code lies in ${path.join(home, ".claude")}`);
  const project = path.join(home, ".claude", "projects", "-work");
  fs.mkdirSync(project, { recursive: true });
  expect(await why()).toBeUndefined();
  fs.writeFileSync(path.join(project, `${ID}.jsonl`), "damaged\n");
  expect(await why()).toBe("nothing in its record can be understood");
});
