// What the tests of the fake agent stand on: a scratch home with the made-up programs in it, and what they were started with.

import path from "node:path";
import { installFakeAgents } from "../../packages/server/src/testing/fake-agent/programs.ts";
import { LineProcess } from "./line-process.ts";
import { makeScratchHome, type ScratchHome } from "./scratch-home.ts";

export type Message = Record<string, unknown>;

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class FakeSituation {
  readonly home: ScratchHome;
  readonly #started: LineProcess[] = [];

  constructor() {
    this.home = makeScratchHome("http://127.0.0.1:1", {});
    installFakeAgents(this.home.bin);
  }

  start(name: string, args: readonly string[], { cwd = this.home.cwd, env = {} }: StartOptions = {}): LineProcess {
    const command = [path.join(this.home.bin, name), ...args];
    const program = new LineProcess({ command, cwd, env: { ...this.home.env, ...env } });
    this.#started.push(program);
    return program;
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.map((program) => program.close()));
    this.home.remove();
  }
}

/** A field inside of fields. */
export function inside(message: Message, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((value, name) => (value as Message)[name], message);
}

/** Asks by numbered requests; what comes back is the answer with the same number. */
export function caller(program: LineProcess, head: object = {}): (method: string, params: object) => Promise<Message> {
  let calls = 0;
  return async (method, params) => {
    const id = `p${++calls}`;
    const answer = program.next(`the answer to ${method}`, (message) => message["id"] === id && message["method"] === undefined);
    program.send({ ...head, id, method, params });
    return answer;
  };
}
