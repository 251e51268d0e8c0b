/** Which command one goes to from a line: the nearest above it or below it. */
import type { ShellCommand } from "@perdure/protocol";

/** `null`: there is none in that direction. `from`: the line one is at; at the end it is infinite. */
export function commandBeside(commands: readonly ShellCommand[], from: number, by: -1 | 1): ShellCommand | null {
  let best: ShellCommand | null = null;
  for (const command of commands) {
    if (command.line === null || (by < 0 ? command.line >= from : command.line <= from)) continue;
    const isNearer = best?.line == null || (by < 0 ? command.line > best.line : command.line < best.line);
    if (isNearer) best = command;
  }
  return best;
}
