import { expect, test } from "vitest";
import { Item, type ToolItem } from "./messages.ts";
import { describeTool, MAX_OUTPUT_CHARACTERS } from "./tools.ts";
import { readUnifiedDiff } from "./unified-diff.ts";

function described(item: object): ReturnType<typeof describeTool> {
  return describeTool(Item.parse({ id: "x", status: "completed", ...item }) as ToolItem, "/work");
}

test("a unified diff is read as far as it shows the file", () => {
  const diff = "--- a\n+++ b\n@@ -1,2 +1,2 @@ fn\n one\n-two\n+zwei\n@@ -9 +9,2 @@\n nine\n+ten\n\\ No newline at end of file\n";
  expect(readUnifiedDiff(diff)).toEqual({ before: "one\ntwo\n⋯\nnine\n", after: "one\nzwei\n⋯\nnine\nten\n" });
  expect(readUnifiedDiff("")).toEqual({ before: "", after: "" });
});

test("changes of files: new, changed, moved, deleted", () => {
  const changes = [
    { path: "/work/a", kind: { type: "add" }, diff: "new\n" },
    { path: "/work/b", kind: { type: "update", move_path: "/work/c" }, diff: "@@ -1 +1 @@\n-x\n+y\n" },
    { path: "/etc/d", kind: { type: "delete" }, diff: "old\n" },
  ];
  expect(described({ type: "fileChange", changes })).toMatchObject({
    title: "Change a, c, /etc/d",
    diffs: [
      { path: "a", before: null, after: "new\n" },
      { path: "c", before: "x\n", after: "y\n" },
      { path: "/etc/d", before: "old\n", after: "" },
    ],
  });
});

function kind(...types: readonly string[]): string {
  const commandActions = types.map((type) => ({ type, command: "short" }));
  return described({ type: "commandExecution", command: "c", commandActions }).toolKind;
}

test("a command is a reading, a search or a run of something", () => {
  expect([kind("read"), kind("read", "listFiles"), kind("read", "unknown"), kind()]).toEqual(["read", "search", "execute", "execute"]);
});

test("outputs and titles have an end", () => {
  const call = described({ type: "commandExecution", command: `${"long ".repeat(100)}\nmore`, aggregatedOutput: "x".repeat(2 ** 20) });
  expect(call.title).toHaveLength(200);
  expect(call.output).toHaveLength(MAX_OUTPUT_CHARACTERS);
});

test.each([
  [
    {
      type: "mcpToolCall",
      server: "s",
      tool: "t",
      arguments: { a: 1 },
      result: { content: [{ type: "text", text: "yes" }, { type: "image" }, 7] },
    },
    "s.t",
    "yes\n[image]\n7",
  ],
  [{ type: "mcpToolCall", server: "s", tool: "t", status: "failed", error: { message: "no" } }, "s.t", "no"],
  [{ type: "dynamicToolCall", tool: "t", arguments: {}, contentItems: [{ type: "inputText", text: "ok" }] }, "t", "ok"],
  [{ type: "collabAgentToolCall", tool: "spawn", prompt: "look" }, "spawn", null],
  [{ type: "webSearch", query: "words" }, "web_search", null],
  [{ type: "imageView", path: "/work/a.png" }, "view_image", null],
  [{ type: "commandExecution", command: "rm x", status: "declined" }, "shell", "Declined."],
])("%j", (item, tool, output) => {
  expect(described(item)).toMatchObject({ tool, output });
});
