// Records what a real program prints to a terminal while keys are typed at it. A screen engine reads along and answers what the program
// asks of its terminal, as a real one would.

import { killHard, processesWith } from "../../test/harness/processes.ts";
import headless from "@xterm/headless";
import pty from "@lydell/node-pty";
import { Random } from "../../test/harness/random.ts";

const maxRounds = 20;
/** What is being recorded, and its HOME. */
const running = new Map<pty.IPty, string>();

export const recordedSize = { cols: 120, rows: 40 } as const;

/** One read of the terminal. */
export interface RecordedPiece {
  /** Since the program began. */
  readonly atMs: number;
  readonly data: Buffer;
}

export interface Recording {
  readonly command: readonly string[];
  readonly cwd: string;
  /** `HOME` is a scratch folder of this recording alone: by it everything is found that the program has started. */
  readonly env: Readonly<Record<string, string>> & { readonly HOME: string };
  /** What is typed, over and over, one each `everyMs`, seeded where there is a choice. */
  readonly keys: (random: Random) => string;
  readonly everyMs: number;
  /** The first key comes when the program has been silent for so long. */
  readonly settleMs: number;
  readonly seed: number;
  /** Ends at so many bytes or after so long. */
  readonly maxBytes: number;
  readonly maxMs: number;
}

export async function record(recording: Recording): Promise<readonly RecordedPiece[]> {
  const { command, cwd, env, maxBytes, maxMs } = recording;
  const pieces: RecordedPiece[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const program = pty.spawn(command[0] ?? "", command.slice(1), {
    ...recordedSize,
    cwd,
    env: { ...env },
    name: "xterm-256color",
    encoding: null,
  });
  running.set(program, env.HOME);
  const screen = new headless.Terminal({ ...recordedSize, allowProposedApi: true, logLevel: "off" });
  screen.onData((answer) => program.write(answer));
  const startedMs = performance.now();
  const typing = new Typing(recording, (keys) => program.write(keys));
  let bytes = 0;
  const listener = program.onData((text) => {
    const data = Buffer.from(text as unknown as Buffer); // without an encoding, it gives bytes
    pieces.push({ atMs: performance.now() - startedMs, data });
    bytes += data.length;
    screen.write(data);
    typing.heard();
    if (bytes >= maxBytes) end();
  });
  program.onExit(() => end());
  const limit = setTimeout(end, maxMs);
  await ended;
  clearTimeout(limit);
  typing.stop();
  listener.dispose();
  await stop(program, env.HOME);
  running.delete(program);
  screen.dispose();
  return pieces;
}

/** Ends what is still being recorded: the run was interrupted. */
export async function endRecordings(): Promise<void> {
  await Promise.allSettled([...running].map(([program, home]) => stop(program, home)));
}

/** Types at the program as soon as it has been silent for a moment. */
class Typing {
  readonly #recording: Recording;
  readonly #type: (keys: string) => void;
  readonly #random: Random;
  #settle: NodeJS.Timeout;
  #keys: NodeJS.Timeout | undefined;

  constructor(recording: Recording, type: (keys: string) => void) {
    this.#recording = recording;
    this.#type = type;
    this.#random = new Random(recording.seed);
    this.#settle = this.#await();
  }

  heard(): void {
    if (this.#keys) return;
    clearTimeout(this.#settle);
    this.#settle = this.#await();
  }

  stop(): void {
    clearTimeout(this.#settle);
    clearInterval(this.#keys);
  }

  #await(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#keys = setInterval(() => this.#type(this.#recording.keys(this.#random)), this.#recording.everyMs);
    }, this.#recording.settleMs);
  }
}

/**
 * Ends the program and what it has left running, daemons in sessions of their own among it: all that has its scratch HOME, which no
 * other recording may share. Again until there is none: one that was ended may just have started another.
 */
async function stop(program: pty.IPty, home: string): Promise<void> {
  await killHard(program.pid);
  for (let round = 0; round < maxRounds; round += 1) {
    const left = processesWith(`HOME=${home}`);
    if (left.length === 0) return;
    await Promise.all(left.map(({ pid }) => killHard(pid)));
  }
  throw new Error(`What is ended starts again: see the processes with HOME=${home}.`);
}
