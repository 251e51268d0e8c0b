// Full-screen programs of the base system, recorded while keys are typed at them. What is not installed is left out.

import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Random } from "../../test/harness/random.ts";
import type { AgentOptions, AgentRecording } from "./agents.ts";
import { source } from "./generated.ts";
import { record } from "./recorder.ts";

interface Tui {
  readonly name: string;
  readonly args: (file: string) => readonly string[];
  readonly keys: readonly string[];
  readonly everyMs: number;
}

const tuis: readonly Tui[] = [
  {
    name: "vim",
    args: (file) => ["-u", "NONE", "-i", "NONE", "-n", "-c", "syntax on", "-c", "set number hlsearch", file],
    keys: ["\u0006", "\u0002", "j", "j", "j", "k", "w", "\u0004", "\u0015", "/const\r", "n", "ohello world\u001b", "u", "G", "gg", "zz"],
    everyMs: 12,
  },
  { name: "less", args: (file) => ["-N", file], keys: [" ", " ", "b", "j", "j", "k", "/return\r", "n", "G", "g", "d", "u"], everyMs: 15 },
  { name: "top", args: () => ["-d", "0.1"], keys: ["P", "M", "c", "1", "H", "\u001b[B", "\u001b[A"], everyMs: 150 },
];

/** The recordings of all that are installed. */
export async function recordTuis({ scratch, seed, maxBytes, say }: AgentOptions): Promise<readonly AgentRecording[]> {
  const file = join(scratch, "source.ts");
  writeFileSync(file, source(512 * 1024, seed));
  const made = await Promise.all(
    tuis.map(async ({ name, args, keys, everyMs }): Promise<AgentRecording | null> => {
      if (!isInstalled(name)) {
        say(`left out: ${name}, because it is not installed`);
        return null;
      }
      const type = (random: Random): string => keys[random.between(0, keys.length - 1)] ?? "";
      const command = [name, ...args(file)];
      const home = join(scratch, `${name}-home`);
      mkdirSync(home);
      const env = { PATH: process.env["PATH"] ?? "", HOME: home, TERM: "xterm-256color", LANG: "C.UTF-8" };
      return {
        name,
        pieces: await record({ command, cwd: scratch, env, keys: type, everyMs, settleMs: 300, seed, maxBytes, maxMs: 60_000 }),
      };
    }),
  );
  return made.filter((each) => each !== null);
}

export function isInstalled(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
