/**
 * What shells say of themselves in their output: OSC 133 (prompt, input, output and end of a command), OSC 633 (the same with the
 * command's text), and their directory by OSC 7, OSC 633;P;Cwd and OSC 1337;CurrentDir. Pure; what is said is hostile, and bounded here.
 */
import * as os from "node:os";
import type { OscCommand } from "./osc-command.ts";

/** A mark of a shell. */
export type ShellMark =
  | { readonly is: "prompt" }
  /** Behind the prompt: what follows is typed. */
  | { readonly is: "input" }
  /** Within what is typed: the prompt of a line that goes on. */
  | { readonly is: "continuation" }
  | { readonly is: "text"; readonly text: string }
  /** The command was entered: what follows is its output. */
  | { readonly is: "output"; readonly text: string | null }
  | { readonly is: "end"; readonly exitCode: number | null }
  | { readonly is: "directory"; readonly path: string };

/** A longer command is cut, a longer path is none. */
export const MAX_COMMAND_TEXT = 1000;
const MAX_PATH = 1000;

/** Controls, line and paragraph separators, and marks that reorder text. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** The mark that a sequence is; `null`: none, or one without a meaning here. */
export function readShellMark({ code, content }: OscCommand): ShellMark | null {
  switch (code) {
    case 7:
      return directory(pathOfUri(content));
    case 133:
      return readPromptMark(content);
    case 633:
      return readEditorMark(content);
    case 1337:
      return content.startsWith("CurrentDir=") ? directory(content.slice("CurrentDir=".length)) : null;
    default:
      return null;
  }
}

/** A command's text as it is kept: without control characters but line breaks, and not too long. */
export function commandText(text: string): string {
  const lines = text
    .slice(0, 4 * MAX_COMMAND_TEXT)
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll("\t", "    ")
    .split("\n");
  const plain = lines.map((line) => line.replaceAll(UNSAFE, "").trimEnd()).join("\n");
  return plain.trim().slice(0, MAX_COMMAND_TEXT).toWellFormed();
}

function readPromptMark(content: string): ShellMark | null {
  const [kind, ...options] = content.split(";");
  switch (kind) {
    case "A":
    case "P":
      if (options.some((option) => option === "k=s" || option === "k=c")) return { is: "continuation" };
      return kind === "A" ? { is: "prompt" } : null;
    case "B":
      return { is: "input" };
    case "C":
      return { is: "output", text: commandLine(options) };
    case "D":
      return { is: "end", exitCode: exitCode(options[0]) };
    default:
      return null;
  }
}

/** The editor's marks say the text in one of their own, in which a backslash escapes. */
function readEditorMark(content: string): ShellMark | null {
  const [kind = "", first = ""] = content.split(";", 2);
  if (kind === "E") return { is: "text", text: commandText(unescape(first)) };
  if (kind === "P") return first.startsWith("Cwd=") ? directory(unescape(first.slice("Cwd=".length))) : null;
  return readPromptMark(content);
}

function unescape(text: string): string {
  return text.replaceAll(/\\(?:x([0-9a-f]{2})|\\)/gi, (_whole, hex: string | undefined) =>
    hex === undefined ? "\\" : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function commandLine(options: readonly string[]): string | null {
  const encoded = options.find((option) => option.startsWith("cmdline_url="));
  const text = encoded === undefined ? null : decoded(encoded.slice("cmdline_url=".length));
  return text === null ? null : commandText(text);
}

function exitCode(text: string | undefined): number | null {
  return text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : null;
}

/** The path of a `file:` address of this machine; another machine's says nothing about a directory here. */
function pathOfUri(uri: string): string | null {
  const match = /^(?:file|kitty-shell-cwd):\/\/([^/]*)(\/.*)$/.exec(uri);
  if (!match) return null;
  const [, host = "", path = ""] = match;
  if (!isThisMachine(host)) return null;
  return uri.startsWith("file:") ? decoded(path) : path;
}

function isThisMachine(host: string): boolean {
  const own = os.hostname().toLowerCase();
  const asked = host.toLowerCase();
  return asked === "" || asked === "localhost" || asked === own || asked.split(".")[0] === own.split(".")[0];
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function directory(path: string | null): ShellMark | null {
  const isUsable = path !== null && path.startsWith("/") && path.length <= MAX_PATH && path.search(UNSAFE) < 0;
  return isUsable ? { is: "directory", path: path.toWellFormed() } : null;
}
