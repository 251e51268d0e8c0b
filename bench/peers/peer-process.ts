// A peer runs in a process of its own, as what it is compared with does, and speaks with the benchmark over IPC.

import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { within } from "../../test/harness/until.ts";

export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  constructor(script: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, script), ...args], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: { ...env },
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once("exit", () => resolve());
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Its next word. */
  async message<T>(timeoutMs = 60_000): Promise<T> {
    const said = new Promise<T>((resolve) => {
      this.#child.once("message", (message) => resolve(message as T));
    });
    const ended = this.#exited.then((): never => {
      throw new Error("the peer ended without a word");
    });
    ended.catch(() => undefined);
    return within(timeoutMs, "a word of a peer", Promise.race([said, ended]));
  }

  /** Tells it something, and answers with its next word. */
  async ask<T>(order: object): Promise<T> {
    const answer = this.message<T>();
    this.#child.send(order);
    return answer;
  }

  /** Ends it; its terminals hang up with it. */
  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }
}
