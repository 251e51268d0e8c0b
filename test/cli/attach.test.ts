// `perdure attach`: the same screen and the same program, whatever happened in between.

import { existsSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import type { CommandLine } from "../harness/command-line.ts";
import { pictureAfter, type OuterTerminal } from "../harness/outer-terminal.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { killHard, signal } from "../harness/processes.ts";
import { commandLineForEachTest } from "../harness/set-up.ts";
import { until } from "../harness/until.ts";
import { fullScreen } from "./programs.ts";

const detachKey = "\x1c\x1c";

let home: PerdureHome;
let cli: CommandLine;
let record: string;

commandLineForEachTest((made) => {
  cli = made;
  home = made.home;
  record = home.path("typed");
});

/** What a terminal of this size shows of the session, by the server's own word. */
async function screenOf(session: string, cols = 80, rows = 24): Promise<readonly string[]> {
  return pictureAfter(await cli.output("screen", "--ansi", session), cols, rows);
}

function typed(): string {
  return readFileSync(record, "utf8");
}

/** The picture of the full-screen program without the row that shows what is typed, and without the cursor behind it. */
function withoutTyped(picture: readonly string[]): readonly string[] {
  return picture.filter((row, index) => index > 0 && !row.startsWith("t{}y{}p{}e{}d{}"));
}

async function pidOf(session: string): Promise<number> {
  const found = (await home.api.sessions()).find(({ name }) => name === session);
  if (found?.run.state.is !== "running") throw new Error(`${session} does not run`);
  return found.run.state.pid;
}

async function runFullScreen(size: { readonly cols?: number; readonly rows?: number } = {}): Promise<OuterTerminal> {
  const terminal = cli.terminal(["--name", "full", ...fullScreen(record)], size);
  await terminal.untilRow(/^size \d+x\d+$/);
  await terminal.untilPicture(await screenOf("full", size.cols, size.rows));
  return terminal;
}

describe("through a SIGKILL of the server", () => {
  test("a full screen stays, and what is typed meanwhile arrives once and in order", async () => {
    const terminal = await runFullScreen();
    const before = terminal.picture;
    const program = await pidOf("full");
    for (const round of [1, 2]) {
      const { server } = await cli.status();
      await killHard(server.pid);
      for (const word of ["some ", "words ", `${round}. `]) terminal.type(word);
      await terminal.untilRow(new RegExp(`words ${round}\\.$`));
      expect((await cli.status()).server.pid).not.toBe(server.pid);
    }
    expect(typed()).toBe("some words 1. some words 2. ");
    expect(await pidOf("full")).toBe(program);
    await terminal.untilPicture(await screenOf("full"));
    expect(withoutTyped(terminal.picture)).toEqual(withoutTyped(before));
    terminal.type("\x04");
    expect((await terminal.end()).code).toBe(4);
  });

  test.skipIf(!existsSync("/usr/bin/vi"))("an editor goes on where it was, and saves what was typed", async () => {
    const file = home.write("notes", Array.from({ length: 60 }, (_, line) => `line ${line}`).join("\n"));
    const terminal = cli.terminal(["--name", "editor", "vi", "-u", "NONE", "-n", file]);
    await terminal.untilRow("line 20");
    await killHard((await cli.status()).server.pid);
    terminal.type("5GOtyped while nobody listened\x1b");
    await terminal.untilRow("typed while nobody listened");
    await terminal.untilPicture(await screenOf("editor"));
    terminal.type(":wq\r");
    expect((await terminal.end()).code).toBe(0);
    expect(readFileSync(file, "utf8").split("\n").slice(3, 6)).toEqual(["line 3", "typed while nobody listened", "line 4"]);
    expect(terminal.answers).toBe("");
  });

  test.skipIf(!existsSync("/usr/bin/less"))("a pager goes on where it was", async () => {
    const file = home.write("pages", Array.from({ length: 500 }, (_, line) => `line ${line}`).join("\n"));
    const terminal = cli.terminal(["--name", "pager", "less", file]);
    await terminal.untilRow("line 20");
    await killHard((await cli.status()).server.pid);
    terminal.type("/line 321\r");
    await terminal.untilRow("line 321");
    await terminal.untilRow("line 340");
    await terminal.untilPicture(await screenOf("pager"));
    terminal.type("q");
    expect((await terminal.end()).code).toBe(0);
  });
});

test("a server that was shut down is waited for, and said so; then the screen is whole and what was typed arrives", async () => {
  const terminal = await runFullScreen();
  const before = terminal.picture;
  await cli.output("shutdown");
  await terminal.untilRow(/^ ?perdure: the server was shut down, waiting for it · /);
  terminal.type("kept");
  await terminal.untilRow(/ 4 typed bytes kept /);
  expect((await cli.run(["status"])).code).toBe(3);
  expect(typed()).toBe("");
  await cli.output("ls");
  await terminal.untilRow("typed: kept");
  await terminal.untilRow("size 80x24");
  expect(typed()).toBe("kept");
  await terminal.untilPicture(await screenOf("full"));
  expect(withoutTyped(terminal.picture)).toEqual(withoutTyped(before));
});

describe("leaving while there is no server, with something typed", () => {
  let terminal: OuterTerminal;

  beforeEach(async () => {
    terminal = await runFullScreen();
    await cli.output("shutdown");
    terminal.type("kept");
    await terminal.untilRow(/ 4 typed bytes kept /);
  });

  function note(): string {
    return terminal.text.replaceAll("\n", "");
  }

  test("waits for a bounded time, says for what, and says at the end that it may not have arrived", async () => {
    terminal.type(detachKey);
    await terminal.untilRow(/^ ?perdure: 4 typed bytes to deliver before leaving · C-\\ C-\\ leaves now/);
    expect((await terminal.end()).code).toBe(0);
    expect(note()).toContain('4 typed bytes may not have reached "full": the server has not confirmed them.');
    expect(note()).toContain('[detached: "full" goes on');
    expect(typed()).toBe("");
  });

  test("goes at once on a second detach key, and says the same", async () => {
    terminal.type(detachKey);
    await terminal.untilRow(/ leaves now/);
    terminal.type(detachKey);
    expect((await terminal.end()).code).toBe(0);
    expect(note()).toContain("4 typed bytes may not have reached");
  });

  test("goes at once on a signal, and says the same", async () => {
    signal(terminal.pid, "SIGTERM");
    expect((await terminal.end()).code).toBe(143);
    expect(note()).toContain("4 typed bytes may not have reached");
  });
});

describe("detaching", () => {
  test("leaves the program running, and a bare attach returns to the same screen", async () => {
    const first = await runFullScreen();
    first.type("before");
    await first.untilRow("typed: before");
    await first.untilPicture(await screenOf("full"));
    const shown = first.picture;
    const program = await pidOf("full");
    first.type(detachKey);
    expect((await first.end()).code).toBe(0);
    expect(first.text).toContain('[detached: "full" goes on; `perdure attach` returns to it]');

    const second = cli.terminal(["attach"]);
    await second.untilPicture(shown);
    second.type(" and after");
    await second.untilRow("typed: before and after");
    expect(await pidOf("full")).toBe(program);
    expect(typed()).toBe("before and after");
  });

  test("a bare attach returns to the session last used in this directory, by its name to any", async () => {
    await cli.create("one", ["sh", "-c", "echo this is one; sleep 1000"]);
    await cli.create("two", ["sh", "-c", "echo this is two; sleep 1000"]);
    const first = cli.terminal(["attach", "one"]);
    await first.untilRow("this is one");
    first.type(detachKey);
    await first.end();
    const back = cli.terminal(["a"]);
    await back.untilRow("this is one");
    const other = cli.terminal(["attach", "tw"]);
    await other.untilRow("this is two");
    expect([back, other].map(({ rows }) => rows.filter((row) => row !== ""))).toEqual([["this is one"], ["this is two"]]);
  });

  test("another key can be chosen; the usual one then reaches the program", async () => {
    await cli.create("full", fullScreen(record));
    const terminal = cli.terminal(["attach", "full", "--detach-key", "C-a d"]);
    await terminal.untilRow("size 80x24");
    terminal.type(`${detachKey}\x01x`);
    await until("the bytes", () => typed() === "\x1c\x1c\x01x");
    terminal.type("\x01d");
    expect((await terminal.end()).code).toBe(0);
    expect(typed()).toBe("\x1c\x1c\x01x");
  });

  test("a session whose program has ended shows its last screen and gives 5", async () => {
    await cli.create("short", ["sh", "-c", "echo last words; exit 3"]);
    await cli.run(["wait", "short", "--exit"]);
    const terminal = cli.terminal(["attach", "short"]);
    expect((await terminal.end()).code).toBe(5);
    expect(terminal.rows).toContain("last words");
    expect(terminal.text.replaceAll("\n", "")).toContain('"short" has ended (exited 3). `perdure start` runs it again');
  });
});

test("a read-only attachment shows everything and types nothing; Ctrl-C leaves", async () => {
  await cli.create("full", fullScreen(record));
  const terminal = cli.terminal(["attach", "-r", "full"]);
  await terminal.untilRow("size 80x24");
  terminal.type("not for you");
  terminal.type("\x03");
  expect((await terminal.end()).code).toBe(0);
  await cli.output("send", "full", "for you");
  await until("what was sent", () => typed() !== "");
  expect(typed()).toBe("for you");
});

test("a terminal inside a session: attaching needs --nested, and a session is never shown in itself", async () => {
  await cli.create("other", ["sh", "-c", "echo the other screen; exec sleep 1000"]);
  const perdure = `PERDURE_HOME='${home.directory}' ${cli.words.map((word) => `'${word}'`).join(" ")}`;
  const script = [
    `${perdure} attach other; echo "plain $?"`,
    `${perdure} sh -c 'echo never'; echo "run $?"`,
    `${perdure} attach --nested outer; echo "itself $?"`,
    `${perdure} run --detach --name third -- sleep 1000 >/dev/null; echo "detached $?"`,
    `${perdure} attach --nested other; echo "nested $?"`,
    "exec sleep 1000",
  ];
  const terminal = cli.terminal(["--name", "outer", "sh", "-c", script.join("\n")]);
  await terminal.untilRow("the other screen");
  terminal.type("\x1c\x1c");
  expect((await terminal.end()).code).toBe(0);
  const text = await cli.output("logs", "--plain", "outer");
  for (const line of ["plain 5", "run 5", "itself 5", "detached 0"]) expect(text).toContain(line);
  expect(text).not.toContain("never");
  expect((await home.api.sessions()).map(({ name }) => name).toSorted()).toEqual(["other", "outer", "third"]);
});

describe("two terminals of different size", () => {
  test("show the same session; who typed last sets its size", async () => {
    const wide = await runFullScreen({ cols: 100, rows: 30 });
    const narrow = cli.terminal(["attach", "full"], { cols: 60, rows: 20 });
    await narrow.untilRow(/size/);
    narrow.type("n");
    await narrow.untilRow("size 60x20");
    await narrow.untilPicture(await screenOf("full", 60, 20));
    wide.type("w");
    await wide.untilRow("size 100x30");
    await wide.untilRow("typed: nw");
    await wide.untilPicture(await screenOf("full", 100, 30));
    expect(typed()).toBe("nw");
  });

  test("a terminal that is resized takes its session along", async () => {
    const terminal = await runFullScreen();
    terminal.resize(91, 27);
    await terminal.untilRow("size 91x27");
    await terminal.untilPicture(await screenOf("full", 91, 27));
    expect((await home.api.sessions())[0]?.size).toEqual({ cols: 91, rows: 27 });
  });

  test("are listed as who watches", async () => {
    await runFullScreen();
    const other = cli.terminal(["attach", "-r", "full"]);
    await other.untilRow("size 80x24");
    const [session] = await home.api.sessions();
    expect(session?.watchers.map(({ kind }) => kind)).toEqual(["cli", "cli"]);
    expect(await cli.output("ls")).toMatch(/full +running .*terminal, terminal/);
  });
});
