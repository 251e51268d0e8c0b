// The commands that read, feed and arrange sessions, as a script uses them.

import { existsSync, readFileSync, statSync } from "node:fs";
import { SessionInfo } from "@perdure/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import type { CommandLine } from "../harness/command-line.ts";
import { pictureAfter } from "../harness/outer-terminal.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { isAlive, killHard } from "../harness/processes.ts";
import { commandLineForThisFile } from "../harness/set-up.ts";
import { until } from "../harness/until.ts";

const coloured = "printf '\\033[1;31mred\\033[0m and \\033[4mplain\\033[0m\\n'";

let home: PerdureHome;
let cli: CommandLine;

commandLineForThisFile(async (made) => {
  cli = made;
  home = made.home;
  await cli.output("ls");
});

async function listed(name: string): Promise<SessionInfo> {
  const sessions = (await cli.json("ls")) as unknown[];
  return SessionInfo.parse(sessions.find((session) => (session as SessionInfo).name === name));
}

/** A session whose program has ended, with all its output. */
async function ended(name: string, script: string): Promise<string> {
  const { id } = await home.api.create({ name, command: ["sh", "-c", script], environment: { variables: home.variables } });
  await home.api.untilRun(id, "exited");
  return id;
}

describe("ls", () => {
  test("lists name, state, command, directory and id, the latest activity first; --json all there is", async () => {
    const id = await cli.create("listed", ["sleep", "1000"]);
    const other = await ended("other", "exit 3");
    const table = await cli.output("ls");
    expect(table).toMatch(/^NAME +STATE +ACTIVITY +WATCHED BY +COMMAND +DIRECTORY +ID\n/);
    expect(table).toMatch(new RegExp(`\nlisted +running +(?:now|\\d+ ?s.*?) +- +sleep 1000 +${home.scratch} +${id}\n`));
    expect(table).toMatch(new RegExp(`\nother +exited 3 .* ${other}\n`));
    expect(table).not.toContain("\x1b");
    expect(table.indexOf("\nother")).toBeLessThan(table.indexOf("\nlisted"));
    expect(await listed("listed")).toMatchObject({ id, command: ["sleep", "1000"], cwd: home.scratch, run: { number: 1, kind: "pty" } });
  });
});

describe("screen", () => {
  test("prints what is shown, as text, and with --ansi as a terminal would draw it", async () => {
    await cli.create("shown", ["sh", "-c", `${coloured}; printf 'prompt> '; exec sleep 1000`]);
    await cli.run(["wait", "shown", "--match", "prompt> "]);
    expect(await cli.output("screen", "shown")).toBe("red and plain\nprompt>\n");
    const drawn = pictureAfter(await cli.output("screen", "--ansi", "shown"), 80, 24);
    expect(drawn).toEqual(pictureAfter("\x1b[1;31mred\x1b[0m and \x1b[4mplain\x1b[0m\r\nprompt> ", 80, 24));
  });
});

describe("logs", () => {
  test("prints every byte that is kept; --plain the text alone", async () => {
    await ended("logged", `${coloured}; printf 'one\\rtwo'`);
    expect(await cli.output("logs", "logged")).toBe("\x1b[1;31mred\x1b[0m and \x1b[4mplain\x1b[0m\r\none\rtwo");
    expect(await cli.output("logs", "--plain", "logged")).toMatch(/^red and plain\n.*two\n?$/);
  });

  test("-f goes on with what comes, through a SIGKILL of the server, until the program ends", async () => {
    await cli.create("followed", ["sh", "-c", 'while read -r line; do echo "got $line"; done; exit 6']);
    const following = cli.start(["logs", "-f", "followed"]);
    await cli.output("send", "--enter", "followed", "first");
    await following.untilPrinted("got first");
    const { server } = await cli.status();
    await killHard(server.pid);
    await cli.output("send", "--enter", "followed", "second");
    await following.untilPrinted("got second");
    await cli.output("send", "--keys", "followed", "C-d");
    const { code, stdout } = await following.end();
    expect(code).toBe(0);
    expect(stdout).toBe("first\r\ngot first\r\nsecond\r\ngot second\r\n");
  });

  test("into a terminal leaves its modes alone", async () => {
    await ended("moded", "printf '\\033[?1049h\\033[?25l\\033[?1000hlast words\\033[c'");
    const terminal = cli.terminal(["logs", "moded"]);
    const fresh = terminal.modes;
    await terminal.end();
    expect(terminal.modes).toEqual(fresh);
    expect(terminal.answers).toBe("");
  });

  test("whose reader has gone ends quietly", async () => {
    await ended("many", "seq 1 50000");
    const [node = "", bin = ""] = cli.words;
    const { stdout, stderr } = await cli.run([], { through: ["sh", "-c", `"${node}" "${bin}" logs many | head -n 1; exit 0`] });
    expect({ stdout, stderr }).toEqual({ stdout: "1\r\n", stderr: "" });
  });
});

describe("export", () => {
  interface CastHeader {
    readonly version: number;
    readonly width: number;
    readonly height: number;
    readonly timestamp: number;
  }

  test("writes an asciicast: a header, then what was printed and when", async () => {
    await ended("cast", `${coloured}; echo later`);
    const [first = "", ...rest] = (await cli.output("export", "cast")).trimEnd().split("\n");
    const header = JSON.parse(first) as CastHeader;
    expect(header).toMatchObject({ version: 2, width: 80, height: 24 });
    expect(Math.abs(header.timestamp * 1000 - Date.now())).toBeLessThan(600_000);
    const events = rest.map((line) => JSON.parse(line) as [number, string, string]);
    expect(events.map(([time]) => time)).toEqual(events.map(([time]) => time).toSorted((a, b) => a - b));
    const printed = events.filter(([, kind]) => kind === "o").map(([, , text]) => text);
    expect(printed.join("")).toBe("\x1b[1;31mred\x1b[0m and \x1b[4mplain\x1b[0m\r\nlater\r\n");
  });

  test("writes a file whole, for its owner alone, as text or raw bytes", async () => {
    await ended("kept", coloured);
    const file = home.path("kept.txt");
    await cli.output("export", "kept", "--format", "text", "-o", "kept.txt");
    expect(readFileSync(file, "utf8")).toBe("red and plain\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await cli.output("export", "kept", "--format", "raw")).toBe(await cli.output("logs", "kept"));
    const failed = await cli.run(["export", "kept", "-o", "/none/such/file"]);
    expect(failed).toMatchObject({ code: 1, stdout: "" });
    expect(failed.stderr).toMatch(/^perdure: \/none\/such\/file could not be written .*\n$/);
  });
});

describe("send", () => {
  let file: string;

  beforeAll(async () => {
    file = home.path("input");
    const script = `stty raw -echo; echo ready; exec cat > '${file}'`;
    await cli.create("taker", ["sh", "-c", script]);
    await cli.run(["wait", "taker", "--match", "ready"]);
  });

  test("types text, Enter, keys by name and standard input, each once and in order", async () => {
    await cli.output("send", "taker", "two", "words");
    await cli.output("send", "taker", "--enter", "then enter");
    await cli.output("send", "taker", "--keys", "C-c", "M-x", "Up", "F5", "Escape", "z");
    expect((await cli.run(["send", "taker", "-"], { input: "line\nnext é\r\n" })).code).toBe(0);
    await cli.output("send", "taker", "--", "--enter");
    const expected = "two wordsthen enter\r\x03\x1bx\x1b[A\x1b[15~\x1bzline\rnext é\r--enter";
    await until("the input", () => readFileSync(file, "utf8").length >= expected.length);
    expect(readFileSync(file, "utf8")).toBe(expected);
  });

  test("of 200 kB arrives whole", async () => {
    const before = readFileSync(file).length;
    const text = Array.from({ length: 20_000 }, (_, line) => String(line).padStart(9, "0")).join("\n");
    expect((await cli.run(["send", "taker", "-"], { input: text })).code).toBe(0);
    await until("the input", () => readFileSync(file).length - before >= text.length);
    expect(readFileSync(file, "utf8").slice(-text.length)).toBe(text.replaceAll("\n", "\r"));
  });

  test("without text, with what is no key, or to a program that has ended fails and says why", async () => {
    expect((await cli.run(["send", "taker"])).code).toBe(2);
    expect(await cli.run(["send", "taker", "--keys", "C-nothing"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"C-nothing" is no key') as string,
    });
    await ended("over", "exit 0");
    const { code, stderr } = await cli.run(["send", "over", "text"]);
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: 'perdure: "over" has no living program (exited 0). `perdure start` runs it again.\n',
    });
  });
});

describe("rename, end, start and rm", () => {
  test("rename keeps the id", async () => {
    const id = await cli.create("old", ["sleep", "1000"]);
    await cli.output("rename", "old", "new name");
    expect(await listed("new name")).toMatchObject({ id });
    expect((await cli.run(["screen", "old"])).code).toBe(4);
  });

  test("end ends the program and all it started; start runs it again below a line, and its exit code is passed on", async () => {
    const id = await cli.create("again", ["sh", "-c", 'sleep 1000 & echo "run of $$ child $!"; read -r code; exit "$code"']);
    await cli.run(["wait", "again", "--match", "child \\d"]);
    const child = Number(/child (\d+)/.exec(await cli.output("screen", "again"))?.[1]);
    const first = (await listed("again")).run;
    const said = await cli.run(["end", "again"]);
    expect(said).toMatchObject({ code: 0, stdout: "" });
    expect(said.stderr).toMatch(/^"again" ended by SIG\w+\. /);
    expect(isAlive(child)).toBe(false);
    expect((await cli.run(["end", "again"])).code).toBe(5);

    const terminal = cli.terminal(["start", "again"]);
    await terminal.untilRow(/^── .* ──$/);
    await terminal.until("both runs", () => terminal.text.match(/^run of/gm)?.length === 2);
    expect((await cli.run(["start", "again"])).code).toBe(5);
    terminal.type("9\r");
    expect((await terminal.end()).code).toBe(9);
    const second = (await listed("again")).run;
    expect({ ...second, id: second.id === first.id }).toMatchObject({ id: false, number: 2, state: { is: "exited", code: 9 } });
    const lines = (await cli.output("logs", "--plain", "again")).split("\n");
    expect(lines.filter((line) => /^(?:run of|──)/.test(line)).map((line) => line.slice(0, 2))).toEqual(["ru", "──", "ru"]);
    expect((await listed("again")).id).toBe(id);
  });

  test("start through a pipe prints the new run's output alone, and passes its exit code on", async () => {
    await ended("piped", "echo output; exit 7");
    const { code, stdout } = await cli.run(["start", "piped"]);
    expect(code).toBe(7);
    expect(stdout).toMatch(/output\r\n$/);
    expect(stdout.split("output")).toHaveLength(2);
    expect((await cli.output("start", "-d", "piped")).trim()).toBe((await listed("piped")).id);
  });

  test("a later run gets its caller's environment, not that of the first", async () => {
    await cli.run(["run", "--name", "environment", "--", "sh", "-c", 'echo "[$MARK]"'], { env: { MARK: "first" } });
    const { stdout } = await cli.run(["start", "environment"], { env: { MARK: "second" } });
    expect(stdout).toMatch(/\[second\]\r\n$/);
  });

  test("rm deletes what has ended, and what lives only with --force; nothing if one word is wrong", async () => {
    const living = await cli.create("living", ["sleep", "1000"]);
    await ended("dead", "true");
    const { state } = (await listed("living")).run;
    expect((await cli.run(["rm", "dead", "no-such"])).code).toBe(4);
    expect(await cli.run(["rm", "dead", "living"])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('"living" still runs') as string,
    });
    expect(await listed("dead")).toBeDefined();
    await cli.output("rm", "--force", "dead", "living");
    expect(((await cli.json("ls")) as SessionInfo[]).filter(({ name }) => name === "dead" || name === "living")).toEqual([]);
    expect(state.is === "running" && isAlive(state.pid)).toBe(false);
    expect((await cli.run(["logs", living])).code).toBe(4);
    expect(existsSync(home.directory)).toBe(true);
  });
});
