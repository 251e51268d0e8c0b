/**
 * How claude is started: for a chat with the flags of its stream of JSON, in a terminal with what the user typed and an id that
 * we know. Flags that are not known here pass untouched.
 */
import type { AgentLaunch, ChatRequest, TerminalRequest } from "../agent.ts";

/** What makes one long-lived process that speaks lines of JSON both ways, asks us for permissions and says what it has taken. */
const CHAT_FLAGS = [
  "-p",
  "--output-format",
  "stream-json",
  "--input-format",
  "stream-json",
  "--verbose",
  "--include-partial-messages",
  "--permission-prompt-tool",
  "stdio",
  "--replay-user-messages",
] as const;

/** First words that are not a conversation in this terminal. */
const SUBCOMMANDS = new Set(
  (
    "agents attach auth auto-mode config doctor gateway help import install login logout logs mcp migrate-installer plugin plugins " +
    "project purge respawn rm setup-token stop kill ultrareview update upgrade"
  ).split(" "),
);

/** Flags with which claude says something and ends, or works elsewhere than in this terminal. */
const ENDS_AT_ONCE = new Set([
  "-p",
  "--print",
  "-v",
  "--version",
  "-h",
  "--help",
  "--bg",
  "--background",
  "--cloud",
  "--desktop",
  "--environment",
]);

/** The user says which conversation it is. What stands behind `--resume` and its like may be missing. */
const NAMES_A_CONVERSATION = new Set(["-r", "--resume", "-c", "--continue", "--session-id", "--fork-session", "--from-pr", "--teleport"]);

/** Flags without a value: what follows is the first message. */
const HAS_NO_VALUE = new Set(
  (
    "-c --continue --fork-session --verbose --ide --bare --brief --chrome --no-chrome --tmux --safe-mode --restricted --mcp-debug " +
    "--ax-screen-reader --dangerously-skip-permissions --allow-dangerously-skip-permissions --disable-slash-commands " +
    "--strict-mcp-config --no-session-persistence --forward-subagent-text --include-hook-events " +
    "--exclude-dynamic-system-prompt-sections"
  ).split(" "),
);

/** Flags that take everything up to the next flag. */
const TAKES_MANY = new Set(
  "--add-dir --allowedTools --allowed-tools --disallowedTools --disallowed-tools --betas --file --mcp-config --tools".split(" "),
);

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function chatLaunch({ program, resumeId, newId, model, mode, flags }: ChatRequest): AgentLaunch {
  const conversation = resumeId === null ? ["--session-id", newId] : ["--resume", resumeId];
  const choices = [...(model === null ? [] : ["--model", model]), ...(mode === null ? [] : ["--permission-mode", mode])];
  return { command: [program, ...CHAT_FLAGS, ...conversation, ...choices, ...flags], env: {}, pinned: resumeId ?? newId };
}

/** `null`: no conversation, to be run as typed. `pinned` is `null` where only claude knows what the user named. */
export function terminalLaunch({ program, args, newId, resumeId, isAnew = false }: TerminalRequest): AgentLaunch | null {
  if (!isConversation(args)) return null;
  if (resumeId !== null) return { command: [program, "--resume", resumeId, ...lastingFlags(args)], env: {}, pinned: resumeId };
  if (isAnew) return { command: [program, "--session-id", newId, ...lastingFlags(args)], env: {}, pinned: newId };
  const words = readWords(args);
  if (!words.some(({ flag }) => flag !== null && NAMES_A_CONVERSATION.has(flag))) {
    return { command: [program, "--session-id", newId, ...args], env: {}, pinned: newId };
  }
  return { command: [program, ...args], env: {}, pinned: namedId(words) };
}

function isConversation(args: readonly string[]): boolean {
  if (args[0] !== undefined && SUBCOMMANDS.has(args[0])) return false;
  return !readWords(args).some(({ flag }) => flag !== null && ENDS_AT_ONCE.has(flag));
}

/** The flags that hold for every run: not which conversation it is, and not the first message, which would be said again. */
function lastingFlags(args: readonly string[]): string[] {
  return readWords(args).flatMap(({ flag, words }) => (flag === null || NAMES_A_CONVERSATION.has(flag) ? [] : words));
}

/** An id that the user typed; one that is forked from gets another. */
function namedId(typed: readonly Word[]): string | null {
  const valueOf = (...flags: readonly string[]): string | undefined => {
    const value = typed.find(({ flag }) => flag !== null && flags.includes(flag))?.value;
    return value !== undefined && isUuid(value) ? value : undefined;
  };
  const isForked = typed.some(({ flag }) => flag === "--fork-session");
  return valueOf("--session-id") ?? (isForked ? null : (valueOf("-r", "--resume") ?? null));
}

/** A flag with its values, or something else that was typed. */
interface Word {
  readonly flag: string | null;
  readonly value?: string;
  readonly words: readonly string[];
}

function readWords(args: readonly string[]): Word[] {
  const words: Word[] = [];
  for (let at = 0; at < args.length;) {
    const word = args[at]!;
    if (word === "--") return [...words, { flag: null, words: args.slice(at) }];
    const read = word.startsWith("-") && word !== "-" ? readFlag(args, at) : { flag: null, words: [word] };
    words.push(read);
    at += read.words.length;
  }
  return words;
}

function readFlag(args: readonly string[], at: number): Word {
  const word = args[at]!;
  const equals = word.startsWith("--") ? word.indexOf("=") : -1;
  if (equals !== -1) return { flag: word.slice(0, equals), value: word.slice(equals + 1), words: [word] };
  if (word.startsWith("-r") && !word.startsWith("--") && word.length > 2) return { flag: "-r", value: word.slice(2), words: [word] };
  if (HAS_NO_VALUE.has(word) || ENDS_AT_ONCE.has(word)) return { flag: word, words: [word] };
  const many = args.slice(at + 1);
  const end = many.findIndex((next) => next.startsWith("-"));
  const values = (end === -1 ? many : many.slice(0, end)).slice(0, TAKES_MANY.has(word) ? undefined : 1);
  return { flag: word, ...(values[0] === undefined ? {} : { value: values[0] }), words: [word, ...values] };
}
