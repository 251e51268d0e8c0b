/** The output of a command as text, read from the history as it was printed. */
import type { Rest } from "@perdure/client";
import { lineText, MAX_LINES, type ShellCommand } from "@perdure/protocol";

/** More is not put on a clipboard. */
export const MAX_OUTPUT_LINES = 20_000;

/** `undefined`: it is not known where it is, or it is too long. */
export async function readOutput(
  rest: Pick<Rest, "lines">,
  session: string,
  command: ShellCommand,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { outputLine, endLine } = command;
  if (outputLine === null || endLine === null || endLine - outputLine > MAX_OUTPUT_LINES) return undefined;
  let text = "";
  for (let line = outputLine; line < endLine;) {
    const page = await rest.lines(session, line, Math.min(MAX_LINES, endLine - line), { signal });
    if (page.lines.length === 0 || page.from !== line) return undefined;
    const continued = new Set(page.continued);
    for (const [index, each] of page.lines.entries()) {
      const isFirst = line + index === outputLine;
      text += `${isFirst || continued.has(line + index) ? "" : "\n"}${lineText(each)}`;
    }
    line += page.lines.length;
  }
  return text;
}
