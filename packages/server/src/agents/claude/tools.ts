/**
 * What claude's tools are for a person: their kind, a title, the files they change, the plan they write.
 */
import type { FileDiff, PlanStep, ToolKind } from "@perdure/protocol";
import { type Fields, fields, isFields, list, string } from "./wire.ts";

/** Of each text of a diff and of a tool's output. */
const MAX_TEXT = 256 * 1024;
/** Of each text of an input that is shown. */
const MAX_INPUT_TEXT = 16 * 1024;
const MAX_TITLE = 200;
const MAX_STEPS = 200;

const KINDS: ReadonlyMap<string, ToolKind> = new Map<string, ToolKind>([
  ["Read", "read"],
  ["NotebookRead", "read"],
  ["Edit", "edit"],
  ["MultiEdit", "edit"],
  ["Write", "edit"],
  ["NotebookEdit", "edit"],
  ["Bash", "execute"],
  ["BashOutput", "execute"],
  ["KillShell", "execute"],
  ["Glob", "search"],
  ["Grep", "search"],
  ["LS", "search"],
  ["ToolSearch", "search"],
  ["WebFetch", "fetch"],
  ["WebSearch", "fetch"],
  ["web_search", "fetch"],
  ["Task", "delegate"],
  ["Agent", "delegate"],
  ["ExitPlanMode", "think"],
  ["EnterPlanMode", "think"],
]);

/** Where the words of a title are, by tool. */
const TITLE_FIELDS = ["command", "file_path", "notebook_path", "pattern", "url", "query", "description", "subject", "skill", "path"];

export function toolKind(tool: string): ToolKind {
  return KINDS.get(tool) ?? "other";
}

/** One line: the tool, and what it is about. */
export function toolTitle(tool: string, input: Fields): string {
  const about = TITLE_FIELDS.map((field) => string(input[field]).trim()).find((text) => text !== "");
  const title = about === undefined ? tool : `${tool} ${about.replaceAll(/\s+/g, " ")}`;
  return title.length <= MAX_TITLE ? title : `${title.slice(0, MAX_TITLE - 1)}…`;
}

/** The input as it is shown: long texts are cut, what a diff shows is shown there. */
export function shownInput(input: Fields): unknown {
  return cutTexts(input, 0);
}

function cutTexts(value: unknown, depth: number): unknown {
  if (typeof value === "string") return cut(value, MAX_INPUT_TEXT);
  if (depth > 5) return null;
  if (Array.isArray(value)) return value.slice(0, 1000).map((one) => cutTexts(one, depth + 1));
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cutTexts(one, depth + 1)]));
}

export function shownOutput(output: string): string {
  return cut(output, MAX_TEXT);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** What the tool is about to do, as its input tells: of the file only what is replaced is known. */
export function plannedDiffs(tool: string, input: Fields): readonly FileDiff[] {
  const path = string(input["file_path"]) || string(input["notebook_path"]);
  if (path === "") return [];
  switch (tool) {
    case "Write":
      return [diff(path, null, string(input["content"]))];
    case "Edit":
      return [diff(path, string(input["old_string"]), string(input["new_string"]))];
    case "MultiEdit":
      return list(input["edits"]).map((edit) => diff(path, string(fields(edit)["old_string"]), string(fields(edit)["new_string"])));
    case "NotebookEdit":
      return [diff(path, "", string(input["new_source"]))];
    default:
      return [];
  }
}

/** What the tool did: whole files where claude tells them. */
export function doneDiffs(detail: unknown): readonly FileDiff[] {
  if (!isFields(detail)) return [];
  const path = string(detail["filePath"]);
  if (path === "") return [];
  const before = detail["originalFile"] ?? detail["originalFileContents"] ?? null;
  if (typeof detail["content"] === "string") return [diff(path, typeof before === "string" ? before : null, detail["content"])];
  const edits = editsOf(detail);
  if (edits.length === 0) return [];
  if (typeof before !== "string") return edits.map(({ from, to }) => diff(path, from, to));
  return [diff(path, before, edits.reduce(applied, before))];
}

interface Edit {
  readonly from: string;
  readonly to: string;
  readonly isAll: boolean;
}

function editsOf(detail: Fields): readonly Edit[] {
  if (typeof detail["newString"] === "string") {
    return [{ from: string(detail["oldString"]), to: detail["newString"], isAll: detail["replaceAll"] === true }];
  }
  return list(detail["edits"]).map((value) => {
    const edit = fields(value);
    return { from: string(edit["old_string"]), to: string(edit["new_string"]), isAll: edit["replace_all"] === true };
  });
}

function applied(text: string, { from, to, isAll }: Edit): string {
  if (from === "") return text === "" ? to : text;
  return isAll ? text.replaceAll(from, () => to) : text.replace(from, () => to);
}

function diff(path: string, before: string | null, after: string): FileDiff {
  return { path, before: before === null ? null : cut(before, MAX_TEXT), after: cut(after, MAX_TEXT) };
}

/** The steps of a list of things to do; `null`: the tool writes no such list. */
export function planOf(tool: string, input: Fields): readonly PlanStep[] | null {
  if (tool !== "TodoWrite") return null;
  return list(input["todos"])
    .slice(0, MAX_STEPS)
    .map((value) => {
      const { content, status } = fields(value);
      const states = { in_progress: "running", completed: "completed" } as const;
      const state = status === "in_progress" || status === "completed" ? states[status] : "pending";
      return { text: cut(string(content), MAX_TITLE), status: state };
    });
}
