/** The part of Claude Code's command line that the fake agent heeds. Flags that it does not know are passed over. */

export interface ClaudeArguments {
  readonly isPrint: boolean;
  readonly isStreamInput: boolean;
  readonly withDeltas: boolean;
  readonly withReplay: boolean;
  readonly asksForPermission: boolean;
  readonly sessionId: string | null;
  readonly resume: string | null;
  readonly forks: boolean;
  readonly model: string;
  readonly permissionMode: string;
}

const DEFAULT_MODEL = "claude-opus-5-5";

export function readArguments(args: readonly string[]): ClaudeArguments {
  const value = (...names: string[]): string | null => {
    const at = args.findIndex((argument) => names.includes(argument));
    if (at !== -1) return args[at + 1] ?? null;
    const joined = args.find((argument) => names.some((name) => argument.startsWith(`${name}=`)));
    return joined?.slice(joined.indexOf("=") + 1) ?? null;
  };
  const has = (...names: string[]): boolean => args.some((argument) => names.includes(argument));
  return {
    isPrint: has("-p", "--print"),
    isStreamInput: value("--input-format") === "stream-json",
    withDeltas: has("--include-partial-messages"),
    withReplay: has("--replay-user-messages"),
    asksForPermission: value("--permission-prompt-tool") === "stdio",
    sessionId: value("--session-id"),
    resume: value("--resume", "-r"),
    forks: has("--fork-session"),
    model: value("--model") ?? DEFAULT_MODEL,
    permissionMode: value("--permission-mode") ?? "default",
  };
}
