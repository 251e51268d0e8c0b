/**
 * Codex in a terminal. It cannot be given the id of a new conversation, so that is found in its files while it runs; a later run is
 * started with `codex resume <id>`. Its own background server is left out where codex knows how: it would be started inside of the
 * run, outlive it with the conversation locked, and take other conversations down with the run's processes.
 */
import * as fs from "node:fs/promises";
import type { AgentLaunch, TerminalRequest, TerminalWatch } from "../agent.ts";
import { openFiles, processesOf } from "../open-files.ts";
import { codexHome, isImpossibleId, readHead, rolloutFiles, rolloutId } from "./rollouts.ts";

/** Commands that are no conversation: they run as typed. */
const COMMANDS = new Set(
  (
    "agents exec e review login logout mcp mcp-server plugin app-server remote-control completion update doctor sandbox debug apply a " +
    "queue archive delete migrate-rollouts migrate-nfs-db unarchive cloud exec-server features help proto generate-ts responses-api-proxy"
  ).split(" "),
);
/** Options with a value behind them. */
const WITH_VALUE = new Set(
  (
    "-c --config --enable --disable --remote --remote-auth-token-env -i --image -m --model --local-provider -p --profile -s --sandbox " +
    "-C --cd --add-dir -a --ask-for-approval"
  ).split(" "),
);
const ASKS_ONLY = new Set(["-h", "--help", "-V", "--version"]);
/** They say which conversation, which we say ourselves. */
const WHICH_CONVERSATION = new Set(["--last", "--all", "--include-non-interactive"]);
const NO_DAEMON = "--no-daemon";
/** The first version that is known to understand it. */
const NO_DAEMON_SINCE = [0, 169];
/** Clocks of files are coarser than ours. */
const CLOCK_SLACK_MS = 2000;
const MAX_LOOKED_AT = 200;

interface Words {
  /** Options with their values, in order. */
  readonly options: readonly string[];
  readonly positionals: readonly string[];
}

export function terminalLaunch({ program, args, resumeId, isAnew = false }: TerminalRequest, version: string | null): AgentLaunch | null {
  if (args.some((arg) => ASKS_ONLY.has(arg))) return null;
  const { options, positionals } = readWords(args);
  const [first, second] = positionals;
  if (first !== undefined && COMMANDS.has(first)) return null;
  const own = canLeaveDaemon(version, options) ? [NO_DAEMON] : [];
  const kept = options.filter((option) => !WHICH_CONVERSATION.has(option));
  if (resumeId !== null) return { command: [program, ...own, "resume", ...kept, resumeId], env: {}, pinned: resumeId };
  if (isAnew) return { command: [program, ...own, ...kept], env: {}, pinned: null };
  const isResumed = first === "resume" && second !== undefined && !options.includes("--last") && !isImpossibleId(second);
  return { command: [program, ...own, ...args], env: {}, pinned: isResumed ? second : null };
}

/** Unknown options are taken for ones without a value. */
function readWords(args: readonly string[]): Words {
  const options: string[] = [];
  const positionals: string[] = [];
  const rest = args.values();
  for (const arg of rest) {
    if (arg === "--") return { options, positionals: [...positionals, ...rest] };
    if (!arg.startsWith("-") || arg === "-") positionals.push(arg);
    else {
      options.push(arg);
      if (!WITH_VALUE.has(arg)) continue;
      const { value, done } = rest.next();
      if (!done) options.push(value);
    }
  }
  return { options, positionals };
}

function canLeaveDaemon(version: string | null, options: readonly string[]): boolean {
  if (version === null || options.includes(NO_DAEMON) || options.some((option) => option.startsWith("--remote"))) return false;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [knownMajor = 0, knownMinor = 0] = NO_DAEMON_SINCE;
  return major > knownMajor || (major === knownMajor && minor >= knownMinor);
}

/**
 * The conversation of a run: what its processes have open decides. Where the system does not tell that, or codex works elsewhere,
 * it is the newest one that was begun in this directory since the run began, where no other run can have begun it.
 */
export async function watchCodex(watch: TerminalWatch): Promise<string | null> {
  const home = codexHome(watch.env);
  return (await openConversation(home, watch.pid)) ?? (watch.isAlone ? await newestConversation(home, watch) : null);
}

async function openConversation(home: string, pid: number): Promise<string | null> {
  const found: { readonly id: string; readonly changedAt: number }[] = [];
  for (const process of processesOf(pid)) {
    for (const { file } of await openFiles(process)) {
      const id = file.endsWith(".jsonl") ? rolloutId(file) : null;
      if (id === null || !file.startsWith(await realPath(home))) continue;
      const head = await readHead(file);
      if (head !== null && !head.isHelper) found.push({ id, changedAt: (await fs.stat(file)).mtimeMs });
    }
  }
  return found.toSorted((a, b) => b.changedAt - a.changedAt)[0]?.id ?? null;
}

async function newestConversation(home: string, { cwd, since, taken }: TerminalWatch): Promise<string | null> {
  const directory = await realPath(cwd);
  let looked = 0;
  for await (const { file } of rolloutFiles(home)) {
    looked += 1;
    const stat = await fs.stat(file).catch(() => null);
    const begun = stat === null ? 0 : stat.birthtimeMs || stat.mtimeMs;
    // Names sort by the time when each was begun: behind the first older one there are only older ones.
    if (begun + CLOCK_SLACK_MS < since || looked > MAX_LOOKED_AT) return null;
    const head = await readHead(file);
    if (head === null || head.isHelper || taken.has(head.id)) continue;
    if ((await realPath(head.cwd)) === directory) return head.id;
  }
  return null;
}

async function realPath(file: string): Promise<string> {
  return fs.realpath(file).catch(() => file);
}
