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

/** Offers the acts until the user has enough. */
export async function runMenu(cli: Cli, demo: Demo): Promise<void> {
  const { style } = cli;
  const offer = () =>
    cli.print(
      `\n${style.bold("1")} Kill the server   ${style.bold("2")} Cut the network   ${style.bold("3")} Kill everything   ${style.bold("q")} Quit\n`,
    );
  let doing: Act | undefined;
  const shown = setInterval(() => cli.output.write(`\r\x1b[K${style.dim(describe(demo, doing))}`), SHOW_EVERY_MS);
  try {
    offer();
    for (let key = await readKey(cli.input, cli.signal); key !== "q" && key !== CTRL_C; key = await readKey(cli.input, cli.signal)) {
      doing = KEYS[key];
      if (doing === undefined) continue;
      const result = await perform(cli, demo, doing);
      doing = undefined;
      cli.output.write("\r\x1b[K");
      report(cli, result);
      offer();
    }
  } finally {
    clearInterval(shown);
    cli.output.write("\r\x1b[K");
  }
}

function describe(demo: Demo, doing: Act | undefined): string {
  const line = demo.seen.at(-1) ?? 0;
  const state = demo.isConnected ? "connected" : "not connected, trying again";
  return `line ${line} · ${demo.seen.length} shown · ${state}${doing === undefined ? "" : ` · ${DOING[doing]}…`}`;
}

/** One key, without Enter. Raw mode lasts only as long as it is waited for. */
async function readKey(input: ReadStream, signal: AbortSignal): Promise<string> {
  input.setRawMode(true);
  try {
    return await new Promise<string>((resolve, reject) => {
      signal.throwIfAborted();
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      input.resume();
      input.once("data", (data: Buffer) => {
        signal.removeEventListener("abort", onAbort);
        resolve(data.toString("utf8").slice(0, 1));
      });
    });
  } finally {
    input.pause();
    input.setRawMode(false);
  }
}
