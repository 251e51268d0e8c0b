// Makes the recordings anew: runs each program in a terminal of its own, in a made-up folder with a made-up user, types its keys, and keeps what
// it writes. Nothing of this machine is in them but what its Debian has installed under /usr/share.
//
//   node --conditions=@perdure/source test/screen/record.ts [NAME…]
//
// Programs that are missing are installed from Debian's packages as root, or left out, and that is said. The agents are those that
// `npm run test:agents` installs; they talk to the made-up model.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { spawn, type IPty } from "@lydell/node-pty";
import { XtermScreen } from "../../packages/server/src/terminal/xterm-screen.ts";
import { FakeModel } from "../agents/fake-model.ts";
import { makeScratchHome } from "../agents/scratch-home.ts";
import { ensureProgram } from "./debian.ts";
import { PROGRAMS, type RecordedProgram } from "./programs.ts";
import { makeGarden } from "./garden.ts";
import { keepRecording } from "./recording.ts";

const garden = "/tmp/garden";
const quietMs = 120;
const longestMs = 40_000;
const maxBytes = 120_000;

type Env = Readonly<Record<string, string>>;

const env: Env = {
  PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/games",
  HOME: garden,
  USER: "gardener",
  LOGNAME: "gardener",
  TERM: "xterm-256color",
  COLORTERM: "truecolor",
  LANG: "C.UTF-8",
  LC_ALL: "C.UTF-8",
  PS1: "$ ",
  PROMPT: "$ ",
};

/** As root, under another host's name. */
const NAMELESS = ["unshare", "--uts", "sh", "-c", 'hostname garden && exec "$@"', "sh"] as const;

interface Typed {
  readonly keys: readonly string[];
  readonly quietMs: number;
  readonly cwd: string;
  readonly env: Env;
  readonly cols: number;
  readonly rows: number;
}

/** Types each key once the program has been quiet, and ends it after the last, or when it has written enough. */
function record(command: readonly [string, ...string[]], typed: Typed): Promise<Uint8Array> {
  const { cols, rows, cwd } = typed;
  const screen = new XtermScreen(cols, rows, 100);
  const [file, ...args] = process.getuid?.() === 0 ? [...NAMELESS, ...command] : command;
  const pty: IPty = spawn(file, args, { name: "xterm-256color", cols, rows, cwd, env: { ...typed.env }, encoding: null });
  const parts: Buffer[] = [];
  const waiting = [...typed.keys];
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let isDone = false;
    const end = (): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      clearTimeout(last);
      screen.close();
      try {
        pty.kill("SIGKILL");
      } catch {
        // It is gone already.
      }
      resolve(new Uint8Array(Buffer.concat(parts).subarray(0, maxBytes)));
    };
    const last = setTimeout(end, longestMs);
    const next = (): void => {
      const key = waiting.shift();
      if (key === undefined) {
        timer = setTimeout(end, 1500);
        return;
      }
      pty.write(key);
      timer = setTimeout(next, typed.quietMs * 4);
    };
    pty.onData((data) => {
      if (isDone) return;
      const bytes = Buffer.from(data as unknown as Uint8Array);
      parts.push(bytes);
      const answer = screen.write(bytes);
      if (answer !== "") pty.write(answer);
      if (parts.reduce((sum, part) => sum + part.length, 0) > maxBytes) return end();
      clearTimeout(timer);
      timer = setTimeout(next, typed.quietMs);
    });
    pty.onExit(() => setTimeout(end, 100));
  });
}

/** The program that a command runs, behind what shields it. */
function programOf(command: readonly string[]): string {
  return command.find((word) => !word.startsWith("-") && word !== "unshare") ?? "";
}

async function recordPrograms(programs: readonly RecordedProgram[]): Promise<void> {
  for (const { name, command, debian, keys, cols = 80, rows = 24 } of programs) {
    if (!ensureProgram(programOf(command), debian)) continue;
    makeGarden(garden, env);
    const bytes = await record(command, { keys, cols, rows, env, cwd: garden, quietMs });
    console.log(`${name.padEnd(18)} ${bytes.length} bytes, ${keepRecording({ name, cols, rows, bytes })} kept`);
  }
  spawnSync("tmux", ["-L", "garden", "kill-server"], { stdio: "ignore" });
  rmSync(garden, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

interface RecordedAgent {
  readonly name: string;
  readonly bin: string;
  readonly folder: RegExp;
  readonly env: Env;
  readonly args: readonly string[];
}

const AGENTS: readonly RecordedAgent[] = [
  { name: "claude-fullscreen", bin: "claude", folder: /^anthropic-ai-claude-code-/, env: {}, args: [] },
  {
    name: "claude-classic",
    bin: "claude",
    folder: /^anthropic-ai-claude-code-/,
    env: { CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN: "1" },
    args: [],
  },
  { name: "codex", bin: "codex", folder: /^openai-codex-/, env: {}, args: [] },
];

/** The agents' own programs, where `npm run test:agents` has installed them. */
async function recordAgents(agents: readonly RecordedAgent[]): Promise<void> {
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(process.env.HOME ?? "", ".cache"), "perdure-agents");
  for (const { name, bin, folder, env: more, args } of agents) {
    const found = existsSync(cache)
      ? readdirSync(cache)
          .filter((each) => folder.test(each))
          .toSorted()
          .at(-1)
      : undefined;
    const program = path.join(cache, found ?? "none", "node_modules", ".bin", bin);
    if (!existsSync(program)) {
      console.log(`${name.padEnd(18)} left out: npm run test:agents has not installed it here`);
      continue;
    }
    const model = await FakeModel.start();
    const home = makeScratchHome(model.url, { [bin]: program });
    const keys = [
      "",
      "",
      "hello there",
      "\r",
      "",
      "",
      "a longer question about 漢字 and äpfel",
      "\r",
      "",
      "",
      "/",
      "\x7f",
      "\x1b[A",
      "\x1b",
      "!ls",
      "\r",
      "",
      "\x03",
      "\x03",
      "\x03",
    ];
    const variables = Object.fromEntries(
      Object.entries({ ...home.env, ...more }).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
    const [cols, rows] = [100, 30];
    const bytes = await record([program, ...args], {
      keys,
      cols,
      rows,
      cwd: home.cwd,
      env: { COLORTERM: "truecolor", ...variables },
      quietMs: 500,
    });
    console.log(`${name.padEnd(18)} ${bytes.length} bytes, ${keepRecording({ name, cols, rows, bytes })} kept`);
    await model.close();
    home.remove();
  }
}

const names = process.argv.slice(2);
const isChosen = ({ name }: { readonly name: string }) => names.length === 0 || names.includes(name);
mkdirSync(path.join(import.meta.dirname, "recordings"), { recursive: true });
await recordPrograms(PROGRAMS.filter(isChosen));
await recordAgents(AGENTS.filter(isChosen));
process.exit(0);
