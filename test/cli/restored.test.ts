// The user's own terminal after an attachment: whatever way it ended, and whatever the program had switched on, it is as it was.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CommandLine } from "../harness/command-line.ts";
import type { OuterTerminal } from "../harness/outer-terminal.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { killHard, signal } from "../harness/processes.ts";
import { commandLineForThisFile } from "../harness/set-up.ts";
import { until } from "../harness/until.ts";
import { asker, fullScreen } from "./programs.ts";

let home: PerdureHome;
let cli: CommandLine;

commandLineForThisFile((made) => {
  cli = made;
  home = made.home;
});

/** A shell in a terminal that runs the command, then says its code and how the line discipline stands, and reads what may be left. */
function inShell(...args: readonly string[]): OuterTerminal {
  const script = home.write("shell.sh", 'echo stood before; "$@"; echo "code $?"; stty -a; read -r left; echo "left [$left]"\n');
  return cli.terminal(args, { through: ["sh", script] });
}

/** The terminal's modes when the shell has it again, with this exit code, lines and echo on, and nothing left to read. */
async function modesAfter(terminal: OuterTerminal, code: number): Promise<OuterTerminal["modes"]> {
  await terminal.untilRow(`code ${code}`);
  await terminal.untilRow(/\bicanon\b.*\biexten\b.*\becho\b/);
  expect(terminal.text).toContain("stood before");
  terminal.type("\r");
  await terminal.untilRow("left []");
  return terminal.modes;
}

/** Pid of the command in the terminal, which the shell has started. */
function commandPid(): Promise<number> {
  return until(
    "the command",
    () => home.processes().find(({ command }) => command.endsWith(" attach full") && !command.startsWith("sh "))?.pid,
  );
}

describe("the terminal is put back", () => {
  let terminal: OuterTerminal;
  let fresh: OuterTerminal["modes"];

  beforeEach(async () => {
    await cli.create("full", fullScreen(home.path("typed")));
    terminal = inShell("attach", "full");
    fresh = terminal.modes;
    await terminal.untilRow("size 80x24");
  });

  afterEach(async () => {
    await terminal.close();
    await cli.run(["rm", "--force", "full"]);
  });

  test("and had to be: it is changed while the program is shown", () => {
    const changed = { buffer: "alternate", isCursorHidden: true, mouse: "drag", isPasteBracketed: true, areCursorKeysApplication: true };
    expect(terminal.modes).toMatchObject(changed);
    expect(fresh).toMatchObject({ buffer: "normal", isCursorHidden: false, mouse: "none", isPasteBracketed: false });
  });

  test("when the program ends and puts nothing back", async () => {
    terminal.type("\x04");
    expect(await modesAfter(terminal, 4)).toEqual(fresh);
  });

  test("when it detaches", async () => {
    terminal.type("\x1c\x1c");
    expect(await modesAfter(terminal, 0)).toEqual(fresh);
  });

  for (const [name, code] of [["SIGTERM", 143] as const, ["SIGHUP", 129] as const, ["SIGINT", 130] as const]) {
    test(`when the command gets ${name}`, async () => {
      signal(await commandPid(), name);
      expect(await modesAfter(terminal, code)).toEqual(fresh);
    });
  }

  test("when the program is ended from elsewhere", async () => {
    await cli.output("end", "full", "--grace", "0.1");
    await terminal.untilRow(/^code 1\d\d$/);
    expect(terminal.modes).toEqual(fresh);
  });

  test("when the session is deleted from elsewhere", async () => {
    await cli.output("rm", "--force", "full");
    expect(await modesAfter(terminal, 137)).toEqual(fresh);
  });

  test("when it detaches while there is no server", async () => {
    await cli.output("shutdown");
    await terminal.untilRow(/the server was shut down, waiting for it/);
    terminal.type("\x1c\x1c");
    expect(await modesAfter(terminal, 0)).toEqual(fresh);
    expect(terminal.text).not.toContain("waiting for it");
  });
});

test("a terminal's window that is closed ends the command, not the program", async () => {
  await cli.create("full", fullScreen(home.path("typed")));
  const terminal = cli.terminal(["attach", "full"]);
  await terminal.untilRow("size 80x24");
  await terminal.close();
  await until("nobody to watch", async () => (await home.api.sessions()).every(({ watchers }) => watchers.length === 0));
  expect((await home.api.sessions()).find(({ name }) => name === "full")?.run.state.is).toBe("running");
});

describe("what a program asks its terminal is answered exactly once", () => {
  /** DA1, then where the cursor stood behind "asking", then that all is well. */
  const answers = ["\x1b[?1;2c", "\x1b[1;7R", "\x1b[0n"];

  /** What happens between typing and the detach key, when the server has been killed. */
  const orders: readonly { readonly name: string; readonly meanwhile: () => Promise<unknown> }[] = [
    { name: "detached before it has reconnected", meanwhile: () => Promise.resolve() },
    {
      name: "detached once it has reconnected",
      meanwhile: async () => {
        await cli.output("ls");
        return until("both terminals", async () => (await home.api.sessions()).some(({ watchers }) => watchers.length === 2));
      },
    },
  ];

  for (const { name, meanwhile } of orders) {
    test(`with terminals attached, through a SIGKILL of the server and a return, ${name}`, async () => {
      const terminal = cli.terminal(["--name", "asker", ...asker()]);
      await terminal.untilRow("answered");
      const second = cli.terminal(["attach", "-r", "asker"]);
      await second.untilRow("answered");
      await killHard((await cli.status()).server.pid);
      terminal.type("still here, ");
      await meanwhile();
      terminal.type("\x1c\x1c");
      expect(await terminal.end()).toMatchObject({ code: 0 });
      expect(terminal.text).not.toContain("may not have reached");
      const third = cli.terminal(["attach", "asker"]);
      await third.untilRow("answered");
      third.type("x");
      await third.end();
      expect(await whatItRead("asker")).toEqual({ reports: answers, typed: "still here, x" });
      for (const each of [terminal, second, third]) expect(each.answers).toBe("");
      await second.end();
      await cli.output("rm", "asker");
    });
  }

  test("with nobody attached", async () => {
    await cli.create("alone", asker());
    await cli.run(["wait", "alone", "--match", "answered"]);
    await cli.output("send", "alone", "x");
    await cli.run(["wait", "alone", "--exit"]);
    expect(await whatItRead("alone")).toEqual({ reports: answers, typed: "x" });
  });
});

/** What a session's asker has read: terminal reports, and what was typed around them. */
async function whatItRead(session: string): Promise<{ readonly reports: readonly string[]; readonly typed: string }> {
  const said = /^read (".*")\r?$/m.exec(await cli.output("logs", session))?.[1];
  const read = JSON.parse(said ?? '""') as string;
  // oxlint-disable-next-line no-control-regex -- reports begin with an escape character
  const report = /\x1b\[[?\d;]*[a-zA-Z]/g;
  return { reports: read.match(report) ?? [], typed: read.replaceAll(report, "") };
}
