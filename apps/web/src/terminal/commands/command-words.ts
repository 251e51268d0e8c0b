/** What is said of a command in a few characters: how it ended, and how long it took. */
import type { ShellCommand } from "@perdure/protocol";

export type CommandEnd = "running" | "done" | "failed" | "unknown";

export function endOf({ endedAt, exitCode }: ShellCommand): CommandEnd {
  if (endedAt === null) return "running";
  if (exitCode === null) return "unknown";
  return exitCode === 0 ? "done" : "failed";
}

/** Beside the command. */
export function badgeText(command: ShellCommand): string {
  switch (endOf(command)) {
    case "running":
      return "…";
    case "unknown":
      return "?";
    case "done":
      return "✓";
    case "failed":
      return `✗ ${command.exitCode}`;
  }
}

/** In full, for whoever points at it or has it read. */
export function badgeWords(command: ShellCommand): string {
  const { startedAt, endedAt, exitCode } = command;
  const end = endOf(command);
  if (end === "running") return "Running, or its end was not told";
  const took = endedAt === null ? "" : `, took ${lengthOf(endedAt - startedAt)}`;
  if (end === "unknown") return `Ended, exit code not known${took}`;
  return `Exit code ${exitCode}${took}`;
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function lengthOf(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
