/** The demo's menu: one key an act, with a line of what happens meanwhile. */
import type { ReadStream } from "node:tty";
import type { Cli } from "../cli.ts";
import { perform, type Act } from "./acts.ts";
import type { Demo } from "./demo.ts";
import { report } from "./report.ts";

const KEYS: Readonly<Record<string, Act>> = { "1": "server", "2": "network", "3": "everything" };
const DOING: Readonly<Record<Act, string>> = {
  server: "killing the server",
  network: "cutting the network",
  everything: "killing everything",
};
const SHOW_EVERY_MS = 100;
const CTRL_C = "\x03";

/** Offers the acts until the user has enough. Raw mode lasts as long as the menu. */
export async function runMenu(cli: Cli, demo: Demo): Promise<void> {
  const keys = new Keys(cli.input);
  let doing: Act | undefined;
  const shown = setInterval(() => cli.output.write(`\r\x1b[K${cli.style.dim(describe(demo, doing))}`), SHOW_EVERY_MS);
  try {
    offer(cli);
    for (let key = await keys.next(cli.signal); key !== "q"; key = await keys.next(cli.signal)) {
      doing = KEYS[key];
      if (doing === undefined) continue;
      const result = await perform(cli, demo, doing);
      doing = undefined;
      cli.output.write("\r\x1b[K");
      report(cli, result);
      offer(cli);
    }
  } finally {
    clearInterval(shown);
    keys.close();
    cli.output.write("\r\x1b[K");
  }
}

function offer(cli: Cli): void {
  const { style } = cli;
  cli.print(
    `\n${style.bold("1")} Kill the server   ${style.bold("2")} Cut the network   ${style.bold("3")} Kill everything   ${style.bold("q")} Quit\n`,
  );
}

function describe(demo: Demo, doing: Act | undefined): string {
  const line = demo.seen.at(-1) ?? 0;
  const state = demo.isConnected ? "connected" : "not connected, trying again";
  return `line ${line} · ${demo.seen.length} shown · ${state}${doing === undefined ? "" : ` · ${DOING[doing]}…`}`;
}

/** Single keys, without Enter. What is typed while nobody asks is dropped, but for Control-C, which is what it always is. */
class Keys {
  readonly #input: ReadStream;
  #take: ((key: string) => void) | undefined;

  constructor(input: ReadStream) {
    this.#input = input;
    input.setRawMode(true);
    input.on("data", this.#onData);
    input.resume();
  }

  next(signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#take = (key) => {
        signal.removeEventListener("abort", onAbort);
        this.#take = undefined;
        resolve(key);
      };
    });
  }

  close(): void {
    this.#input.off("data", this.#onData);
    this.#input.pause();
    this.#input.setRawMode(false);
  }

  readonly #onData = (data: Buffer): void => {
    const key = data.toString("utf8").slice(0, 1);
    if (key === CTRL_C) process.kill(process.pid, "SIGINT");
    else this.#take?.(key);
  };
}
