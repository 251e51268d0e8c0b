// tmux as a peer: a session that has printed a text, and the time in which an attach shows its end.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pty from "@lydell/node-pty";
import { until, within } from "../../test/harness/until.ts";

export class Tmux {
  readonly #socket: string;
  readonly #config: string;
  readonly #env: Record<string, string>;

  constructor(scratch: string) {
    this.#socket = join(scratch, "tmux.sock");
    this.#config = join(scratch, "tmux.conf");
    this.#env = { PATH: process.env["PATH"] ?? "", HOME: scratch, TERM: "xterm-256color", LANG: "C.UTF-8" };
    writeFileSync(this.#config, "set -g history-limit 100000\nset -g status off\n");
  }

  /** Starts a session that prints the file, and waits until its last line is there. */
  async print(name: string, file: string, lastLine: string): Promise<void> {
    this.#run("new-session", "-d", "-s", name, "-x", "120", "-y", "40", `cat '${file}'; exec cat`);
    await until(`the end of ${file} in tmux`, () => this.#run("capture-pane", "-p", "-t", name).includes(lastLine), {
      timeoutMs: 120_000,
      everyMs: 200,
    });
  }

  /** Milliseconds from the start of `tmux attach` until the session's last line has come. */
  async attach(name: string, lastLine: string): Promise<number> {
    const startedMs = performance.now();
    const args = [...this.#options, "attach", "-t", name];
    const terminal = pty.spawn("tmux", args, { cols: 120, rows: 40, name: "xterm-256color", env: this.#env });
    const { promise, resolve } = Promise.withResolvers<number>();
    let text = "";
    terminal.onData((data) => {
      text += data;
      if (text.includes(lastLine)) resolve(performance.now() - startedMs);
    });
    const ms = await within(30_000, "the screen of tmux", promise);
    const ended = new Promise<void>((resolve2) => {
      terminal.onExit(() => resolve2());
    });
    this.#run("detach-client", "-s", name);
    await ended;
    return ms;
  }

  close(): void {
    this.#run("kill-server");
  }

  get #options(): string[] {
    return ["-S", this.#socket, "-f", this.#config];
  }

  #run(...args: readonly string[]): string {
    return execFileSync("tmux", [...this.#options, ...args], { encoding: "utf8", env: this.#env });
  }
}
