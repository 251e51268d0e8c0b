// A real terminal whose command goes down: its last words put the terminal back, and lines and echo are on again.

import { spawn } from "@lydell/node-pty";
import { afterEach, expect, test } from "vitest";
import { XtermScreen } from "../../terminal/xterm-screen.ts";

const screen = new XtermScreen(100, 30, 0);
let drawn = "";
let kill: () => void = () => undefined;
afterEach(() => kill());

/** Draws what a full-screen program does, then this; answers what the shell around it says of the terminal. */
async function after(ending: string): Promise<string> {
  const modules = ["./raw-terminal.ts", "./outer-screen.ts"].map((name) => new URL(name, import.meta.url).href);
  const script = `
    import { enterRawTerminal } from "${modules[0]}";
    import { OuterScreen } from "${modules[1]}";
    let screen;
    const terminal = enterRawTerminal(process.stdin, process.stdout, () => screen?.leave(true) ?? "");
    screen = new OuterScreen(terminal, () => { throw new Error("the sizes are the same"); });
    const all = "\\x1b[?1049h\\x1b[?25l\\x1b[?1003;1006h\\x1b[?2004;1004h\\x1b[?1h\\x1b=\\x1b[5 q\\x1b[2;5r\\x1b(0\\x1b]11;red\\x07";
    screen.snapshot(Buffer.from(all), { cols: terminal.cols, rows: terminal.rows }, () => { ${ending} });`;
  const node = [process.execPath, "--conditions=@perdure/source", "--input-type=module", "-e", script];
  const shell = spawn("/bin/sh", ["-c", '"$@" 2>/dev/null; stty -a; echo over', "sh", ...node], { cols: 100, rows: 30, encoding: null });
  kill = () => shell.kill("SIGKILL");
  const { promise, resolve } = Promise.withResolvers<void>();
  shell.onExit(() => resolve());
  shell.onData((data) => {
    screen.write(data);
    drawn += Buffer.from(data).toString("latin1");
  });
  await promise;
  kill = () => undefined;
  return screen.lines(0).join(" ");
}

test.for([
  ["an error that nobody caught", 'setImmediate(() => { throw new Error("a fault"); });'],
  ["a promise that nobody caught", 'void Promise.reject(new Error("a fault"));'],
  ["an exit in the middle", "process.exit(3);"],
])("%s", async ([, ending = ""]) => {
  drawn = "";
  const said = await after(ending);
  expect(drawn).toContain("\x1b[?25l");
  expect(said).toMatch(/ icanon iexten echo /);
  expect(said).toContain("over");
  const { modes } = screen.terminal;
  expect(modes).toMatchObject({ mouseTrackingMode: "none", bracketedPasteMode: false, sendFocusMode: false });
  expect(modes).toMatchObject({ applicationCursorKeysMode: false, applicationKeypadMode: false, wraparoundMode: true });
  expect(screen.hiddenModes).toEqual({ scrollTop: 0, scrollBottom: 29, isCursorHidden: false, cursorStyle: 0, mouseEncoding: 0 });
  expect(screen.terminal.buffer.active.type).toBe("normal");
  expect([...screen.state.colours]).toEqual([]);
  expect(screen.state.charsets[0]).toBeNull();
});
