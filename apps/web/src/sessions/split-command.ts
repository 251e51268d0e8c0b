/**
 * A command line as typed becomes the program and its arguments. Quotes and backslashes mean what they mean in a shell; whatever
 * only a shell can do (pipes, variables, patterns) goes to `sh -c` as it is, so that nothing is silently taken literally.
 */

export type SplitCommand =
  /** Nothing typed: the login shell. */
  | { readonly is: "shell" }
  | { readonly is: "words"; readonly words: readonly string[] }
  /** Needs a shell to understand it. */
  | { readonly is: "script"; readonly words: readonly string[] }
  | { readonly is: "unfinished"; readonly quote: string };

const NEEDS_SHELL = /[|&;<>()$`*?[\]{}~#!\n]/;

export function splitCommand(text: string): SplitCommand {
  const line = text.trim();
  if (line === "") return { is: "shell" };
  const parsed = parse(line);
  if (parsed.quote !== "") return { is: "unfinished", quote: parsed.quote };
  if (parsed.needsShell || /^\w+=/.test(line)) return { is: "script", words: ["sh", "-c", line] };
  return { is: "words", words: parsed.words };
}

/** A command as one line that {@link splitCommand} reads back. */
export function joinCommand(words: readonly string[]): string {
  if (words.length === 3 && words[0] === "sh" && words[1] === "-c") return words[2] ?? "";
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`)).join(" ");
}

interface Parsed {
  readonly words: readonly string[];
  readonly quote: string;
  readonly needsShell: boolean;
}

function parse(line: string): Parsed {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  let needsShell = false;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? "";
    if (quote === "'") {
      if (char === "'") quote = "";
      else word += char;
    } else if (char === "\\") {
      at += 1;
      const next = line[at] ?? "";
      word = (word ?? "") + (quote === '"' && !/["\\$`]/.test(next) ? char + next : next);
    } else if (quote === '"') {
      if (char === '"') quote = "";
      else {
        needsShell ||= char === "$" || char === "`";
        word += char;
      }
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      needsShell ||= NEEDS_SHELL.test(char);
      word = (word ?? "") + char;
    }
  }
  if (word !== undefined) words.push(word);
  return { words, quote, needsShell };
}
