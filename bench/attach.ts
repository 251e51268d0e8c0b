// How soon a session is on the screen of a real browser, to the exact pixel: after 1 MB and after 100 MB of history, and against drawing
// 10 MB of history again from its first byte. What is painted must be, pixel by pixel, what drawing the whole history gives.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PerdureHome } from "../test/harness/perdure-home.ts";
import { until } from "../test/harness/until.ts";
import { judge, median, note, type Bench, type BenchContext, type Finding } from "./bench.ts";
import { asPrinted, mixture } from "./corpus/generated.ts";
import { isInstalled } from "./corpus/tuis.ts";
import { withHome } from "./home.ts";
import { openBrowserPage, type BrowserPage } from "./page/browser-page.ts";
import { snapshotSizes } from "./snapshot-size.ts";
import { Tmux } from "./peers/tmux.ts";

const mebibyte = 1024 * 1024;
const size = { cols: 120, rows: 40 } as const;
const lastLine = "the last line of all";
const longHistory = { PERDURE_HISTORY_BYTES: String(512 * mebibyte) };
const printTimeoutMs = 180_000;

export const attach: Bench = {
  name: "attach",
  question: "a session on a browser's screen, to the exact pixel, whatever the length of its history",
  run: (context) => withPage(context, measureAttach),
};

export const replay: Bench = {
  name: "replay",
  question: "10 MB of history from the server to the rendered terminal",
  run: (context) => withPage(context, measureReplay),
};

type Measure = (home: PerdureHome, page: BrowserPage, context: BenchContext) => Promise<readonly Finding[]>;

function withPage(context: BenchContext, measure: Measure): Promise<readonly Finding[]> {
  return withHome(async (home) => {
    const page = await openBrowserPage(home, size);
    try {
      return await measure(home, page, context);
    } finally {
      await page.close();
    }
  }, longHistory);
}

async function measureAttach(home: PerdureHome, page: BrowserPage, context: BenchContext): Promise<readonly Finding[]> {
  const sessions = {
    short: await printed(home, context, 1),
    middle: await printed(home, context, 10),
    long: await printed(home, context, 100),
  };
  const times = { short: [] as number[], long: [] as number[], replayed: [] as number[] };
  for (let round = -1; round < context.rounds; round += 1) {
    const taken = [
      await page.show(sessions.short, "screen"),
      await page.show(sessions.long, "screen"),
      await page.show(sessions.middle, "log"),
    ] as const;
    if (round < 0) continue; // warms up
    times.short.push(taken[0]);
    times.long.push(taken[1]);
    times.replayed.push(taken[2]);
  }
  for (const session of [sessions.short, sessions.long]) await checkPixels(page, session);
  const [short, long, replayed] = [median(times.short), median(times.long), median(times.replayed)];
  return [
    judge({ name: "attach: 100 MB of history, against 1 MB", value: long, unit: "ms", limit: short, rule: "ratio at most", accept: 1.3 }),
    judge({
      name: "attach: drawing 10 MB again, against attaching",
      value: replayed,
      unit: "ms",
      limit: short,
      rule: "ratio at least",
      accept: 15,
    }),
    ...(await besideTmux(context, short)),
    ...(await snapshotSizes(home, context)),
  ];
}

async function measureReplay(home: PerdureHome, page: BrowserPage, context: BenchContext): Promise<readonly Finding[]> {
  const session = await printed(home, context, 10);
  const times: number[] = [];
  for (let round = -1; round < context.rounds; round += 1) {
    const ms = await page.show(session, "log");
    if (round >= 0) times.push(ms);
  }
  return [judge({ name: "replay of 10 MB", value: median(times), unit: "ms", rule: "at most", accept: 2000 })];
}

/** A session that has printed so many megabytes and one line more, and waits. */
async function printed(home: PerdureHome, context: BenchContext, megabytes: number): Promise<string> {
  const file = textFile(context, megabytes);
  const command = ["/bin/sh", "-c", 'cat "$1"; exec cat', "sh", file.path];
  const { id } = await home.api.create({ command, environment: { variables: home.variables }, ...size });
  const isWhole = async (): Promise<boolean> => Number((await home.api.session(id)).cursor.split("_")[1]) === file.printedBytes;
  await until(`${megabytes} MB printed`, isWhole, { timeoutMs: printTimeoutMs, everyMs: 100 });
  return id;
}

function textFile({ scratch, seed }: BenchContext, megabytes: number): { readonly path: string; readonly printedBytes: number } {
  const path = join(scratch, `text-${megabytes}`);
  const text = Buffer.concat([mixture(megabytes * mebibyte, seed), Buffer.from(`${lastLine}\n`)]);
  writeFileSync(path, text);
  return { path, printedBytes: asPrinted(text).length };
}

async function checkPixels(page: BrowserPage, session: string): Promise<void> {
  await page.show(session, "screen");
  const attached = await page.pixels();
  await page.show(session, "log");
  const drawn = await page.pixels();
  if (!attached.equals(drawn)) throw new Error("the screen of an attach differs from that of the whole history");
}

async function besideTmux(context: BenchContext, short: number): Promise<readonly Finding[]> {
  if (!isInstalled("tmux")) {
    context.say("left out: tmux, because it is not installed");
    return [];
  }
  const tmux = new Tmux(context.scratch);
  const times: number[] = [];
  try {
    await tmux.print("long", textFile(context, 100).path, lastLine);
    for (let round = 0; round < context.rounds; round += 1) times.push(await tmux.attach("long", lastLine));
  } finally {
    tmux.close();
  }
  return [note("attach: in the browser, beside `tmux attach` to bytes in a terminal", short, "ms", median(times))];
}
