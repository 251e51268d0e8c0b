/**
 * The user's terminal in raw mode. On every way out of the process that leaves it a last word (return, exit, an uncaught
 * error; signals end in a return) it is written what puts it back, and raw mode ends.
 */
import * as fs from "node:fs";
import type { ReadStream, WriteStream } from "node:tty";
import { setTimeout as delay } from "node:timers/promises";
import type { DrawingSurface } from "./outer-screen.ts";

export interface RawTerminal extends DrawingSurface {
  onInput(listener: (data: Uint8Array) => void): void;
  onResize(listener: () => void): void;
  /** Writes the last words, swallows what the terminal still sends (mouse, key releases), and ends raw mode. */
  leave(lastWords: string): Promise<void>;
}

/** Standard output. */
const TERMINAL_OUTPUT = 1;
/** How long answers to the last words may take to arrive; typed into the shell they would be garbage. */
const DRAIN_MS = 30;
/** Of the protocol. */
const MAX_SIZE = 4096;
const MAX_WRITE_ATTEMPTS = 200;

/** Enters raw mode. `lastWords` is asked for if the process ends without `leave`. */
export function enterRawTerminal(input: ReadStream, output: WriteStream, lastWords: () => string): RawTerminal {
  let isLeft = false;
  const listeners: ((data: Uint8Array) => void)[] = [];
  const onData = (data: Uint8Array) => {
    if (!isLeft) for (const listener of listeners) listener(data);
  };
  const restoreNow = (words: string) => {
    if (isLeft) return;
    isLeft = true;
    writeNow(TERMINAL_OUTPUT, words);
  };
  const onExit = () => {
    restoreNow(lastWords());
    input.setRawMode(false);
  };
  process.once("exit", onExit);
  process.once("uncaughtExceptionMonitor", onExit);
  // The window was closed: the signal that comes with it ends the command.
  input.on("error", () => undefined);
  input.setRawMode(true);
  input.on("data", onData);
  input.resume();
  return {
    get cols() {
      return sizeOr(output.columns, 80);
    },
    get rows() {
      return sizeOr(output.rows, 24);
    },
    write: (data, done) => void output.write(data, () => done?.()),
    onInput: (listener) => void listeners.push(listener),
    onResize: (listener) => void output.on("resize", () => !isLeft && listener()),
    leave: async (words) => {
      restoreNow(words);
      await delay(DRAIN_MS);
      process.off("exit", onExit);
      process.off("uncaughtExceptionMonitor", onExit);
      input.setRawMode(false);
      input.off("data", onData);
      input.pause();
    },
  };
}

/** Some terminals do not tell their size. */
function sizeOr(told: number, fallback: number): number {
  return told > 0 ? Math.min(told, MAX_SIZE) : fallback;
}

/** Writes at once, also when the process is about to end. A terminal that takes nothing any more is given up. */
function writeNow(fd: number, text: string): void {
  let rest = Buffer.from(text);
  for (let attempt = 0; rest.length > 0 && attempt < MAX_WRITE_ATTEMPTS; attempt += 1) {
    try {
      rest = rest.subarray(fs.writeSync(fd, rest));
    } catch (error) {
      const isFull = error instanceof Error && "code" in error && error.code === "EAGAIN";
      if (!isFull) return; // the terminal is gone
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
