/** Runs writer-process.ts as a child process and says what was acknowledged before its end. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const WRITER = fileURLToPath(new URL("./writer-process.ts", import.meta.url));
/** Ended by another signal than that of a crash point, so that nothing is taken for one. */
const LONGEST_MS = 60_000;

export interface WriterOptions {
  readonly file: string;
  readonly commits: number;
  readonly bytes: number;
  readonly durability?: "full" | "normal";
  readonly bootId?: string;
  /** Stays open after the last commit, for what a store does when it is quiet; ends by itself if nothing kills it. */
  readonly stays?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Called once, when the first commit was acknowledged. */
  readonly onFirst?: () => void;
}

export interface WriterEnd {
  /** The tail after the last commit that was acknowledged; 0 if none was. */
  readonly acknowledged: number;
  readonly signal: string | null;
  readonly code: number | null;
  readonly errors: string;
}

/** Runs a writer until it ends or is killed by the crash point that `env` names. */
export function runWriter(options: WriterOptions): Promise<WriterEnd> {
  const { file, commits, bytes, durability = "normal", bootId = "boot-1", stays = false, env = {} } = options;
  const child = spawn(
    process.execPath,
    ["--conditions=@perdure/source", WRITER, file, bootId, String(commits), String(bytes), durability, stays ? "stay" : "close"],
    {
      env: { ...process.env, NODE_NO_WARNINGS: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: LONGEST_MS,
      killSignal: "SIGTERM",
    },
  );
  let [lines, errors] = ["", ""];
  child.stdout.once("data", () => options.onFirst?.());
  child.stdout.on("data", (chunk: Buffer) => (lines += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      // The last line may have been cut by the end of the process.
      const whole = lines.slice(0, lines.lastIndexOf("\n")).split("\n");
      resolve({ acknowledged: Number(whole.at(-1) ?? 0), signal, code, errors });
    });
  });
}

/** What the writer puts between two offsets. */
export function writtenText(from: number, to: number): string {
  const lines: string[] = [];
  for (let line = Math.floor(from / 16); line * 16 < to; line += 1) lines.push(`${String(line).padStart(15, ".")}\n`);
  return lines.join("").slice(from % 16, (from % 16) + to - from);
}
