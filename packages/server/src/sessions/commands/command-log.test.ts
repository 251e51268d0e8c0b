import { describe, expect, test } from "vitest";
import type { ShellMark } from "../../terminal/shell-marks.ts";
import { CommandLog, MAX_KEPT_CHARACTERS, MAX_KEPT_COMMANDS, type ReadMark } from "./command-log.ts";
import { FedTimes } from "./fed-times.ts";

const ALL = Number.MAX_SAFE_INTEGER;

/** Marks as a shell makes them, one behind the other, with their lines. */
class Shell {
  readonly marks: ReadMark[] = [];
  #offset = 0;
  #time = 1_000;

  mark(mark: ShellMark, line: number, columns = 0): void {
    this.marks.push({ mark, offset: (this.#offset += 10), place: { line, columns }, time: (this.#time += 100) });
  }

  /** A prompt on a line, a command, so many lines of output. */
  command(line: number, text: string, outputLines: number, exitCode: number): void {
    this.mark({ is: "prompt" }, line);
    this.mark({ is: "input" }, line, 2);
    this.mark({ is: "output", text }, line + 1);
    this.mark({ is: "end", exitCode }, line + 1 + outputLines);
  }
}

function logOf(marks: readonly ReadMark[], log = new CommandLog()): CommandLog {
  for (const mark of marks) log.take(mark);
  return log;
}

const shown = (log: CommandLog) => log.page(ALL, 200, 1).commands;

describe("the commands of a shell", () => {
  test("have their lines, times, directory and exit code", () => {
    const shell = new Shell();
    shell.mark({ is: "directory", path: "/srv" }, 0);
    shell.command(0, "make", 3, 2);
    expect(shown(logOf(shell.marks))).toEqual([
      { offset: 40, text: "make", directory: "/srv", exitCode: 2, startedAt: 1_400, endedAt: 1_500, line: 0, outputLine: 1, endLine: 4 },
    ]);
  });

  test("count once, however often the output is read again", () => {
    const shell = new Shell();
    for (let line = 0; line < 30; line += 3) shell.command(line, `c${line}`, 1, 0);
    const once = logOf(shell.marks);
    for (let cut = 0; cut < shell.marks.length; cut += 1) {
      const log = logOf(shell.marks.slice(0, cut + 1));
      logOf(shell.marks.slice(Math.max(0, cut - 7)), log);
      expect(shown(log)).toEqual(shown(once));
    }
  });

  test("go on from what was kept, at any mark", () => {
    const shell = new Shell();
    for (let line = 0; line < 12; line += 3) shell.command(line, `c${line}`, 1, 0);
    const once = shown(logOf(shell.marks));
    for (let cut = 1; cut < shell.marks.length; cut += 1) {
      const kept = logOf(shell.marks.slice(0, cut)).encode();
      const fresh = new CommandLog();
      fresh.restore(kept);
      expect(shown(logOf(shell.marks.slice(Math.max(0, cut - 3)), fresh))).toEqual(once);
    }
  });

  test("what was kept and cannot be read is as if nothing had been", () => {
    const log = new CommandLog();
    log.restore(new TextEncoder().encode("{"));
    expect(log.isEmpty).toBe(true);
  });

  test("one at work has no end; the next prompt ends it without a code", () => {
    const shell = new Shell();
    shell.mark({ is: "prompt" }, 0);
    shell.mark({ is: "output", text: "sleep" }, 1);
    expect(shown(logOf(shell.marks))[0]).toMatchObject({ endedAt: null, exitCode: null, endLine: null });
    shell.mark({ is: "prompt" }, 1, 3);
    expect(shown(logOf(shell.marks))[0]).toMatchObject({ endedAt: 1_300, exitCode: null, endLine: 2 });
  });

  test("an empty line at the prompt is no command", () => {
    const shell = new Shell();
    shell.mark({ is: "prompt" }, 0);
    shell.mark({ is: "end", exitCode: 0 }, 1);
    shell.mark({ is: "prompt" }, 1);
    expect(shown(logOf(shell.marks))).toEqual([]);
  });

  test("what is drawn over by a cleared screen has no line any more", () => {
    const shell = new Shell();
    shell.command(0, "one", 1, 0);
    shell.command(2, "two", 1, 0);
    shell.mark({ is: "prompt" }, 4);
    shell.mark({ is: "output", text: "clear" }, 5);
    shell.mark({ is: "end", exitCode: 0 }, 2);
    shell.command(2, "three", 1, 0);
    expect(shown(logOf(shell.marks)).map(({ text, line }) => [text, line])).toEqual([
      ["three", 2],
      ["clear", null],
      ["two", null],
      ["one", 0],
    ]);
  });

  test("come in pages, newest first, and are bounded by number and size", () => {
    const shell = new Shell();
    for (let line = 0; line < 1_200; line += 2) shell.command(line, `c${line}`, 0, 0);
    const log = logOf(shell.marks);
    const first = log.page(ALL, 200, 1);
    const second = log.page(first.next!, 200, 1);
    const third = log.page(second.next!, 200, 1);
    expect([first.commands[0]?.text, second.commands[0]?.text, third.next]).toEqual(["c1198", "c798", null]);
    expect(first.commands.length + second.commands.length + third.commands.length).toBe(MAX_KEPT_COMMANDS);
    for (let line = 1_200; line < 2_000; line += 2) shell.command(line, "x".repeat(1_000), 0, 0);
    expect(logOf(shell.marks).encode().length).toBeLessThan(MAX_KEPT_CHARACTERS * 2);
  });

  test("go with the output that is no longer kept, but for one at work", () => {
    const shell = new Shell();
    shell.command(0, "one", 1, 0);
    shell.command(2, "two", 1, 0);
    shell.mark({ is: "prompt" }, 4);
    shell.mark({ is: "output", text: "three" }, 5);
    const log = logOf(shell.marks);
    log.trim(1_000);
    expect(shown(log).map(({ text }) => text)).toEqual(["three"]);
  });
});

test("the time of a place is that of the output it came with, as long as the engine has it", () => {
  const times = new FedTimes();
  times.add(10, 1, 0);
  times.add(20, 2, 0);
  times.add(30, 3, 0);
  expect([times.at(0), times.at(9), times.at(10), times.at(29), times.at(30)]).toEqual([1, 1, 2, 3, undefined]);
  times.add(40, 4, 20);
  expect(times.at(5)).toBe(3);
});
