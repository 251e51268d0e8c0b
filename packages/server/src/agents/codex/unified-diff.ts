/** A file's text before and after, as far as a unified diff shows them: its hunks, with a mark where lines are left out between them. */

const HUNK = /^@@ .*@@/;
const LEFT_OUT = "⋯";

export function readUnifiedDiff(diff: string): { readonly before: string; readonly after: string } {
  const before: string[] = [];
  const after: string[] = [];
  let hunks = 0;
  for (const line of diff.split("\n")) {
    if (HUNK.test(line)) {
      hunks += 1;
      if (hunks > 1) for (const side of [before, after]) side.push(LEFT_OUT);
    } else if (hunks > 0) addLine(line, before, after);
  }
  return { before: textOf(before), after: textOf(after) };
}

function addLine(line: string, before: string[], after: string[]): void {
  const text = line.slice(1);
  if (line.startsWith("-")) before.push(text);
  else if (line.startsWith("+")) after.push(text);
  else if (line.startsWith(" ")) for (const side of [before, after]) side.push(text);
}

function textOf(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}
