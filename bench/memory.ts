// What sessions cost that nobody looks at: host and server together, with 100 sessions that each printed 1 MB and were viewed once, beyond
// the same two processes without any session. Measured when their screens are asleep (the thread of the screen engines has ended) and both
// processes have released what they hold without need, which follows within seconds. So it is for the measurement without sessions, too.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PerdureHome } from "../test/harness/perdure-home.ts";
import { RawConnection } from "../test/harness/raw-connection.ts";
import { until } from "../test/harness/until.ts";
import { judge, note, type Bench, type BenchContext, type Finding } from "./bench.ts";
import { asPrinted, mixture } from "./corpus/generated.ts";
import { withHome } from "./home.ts";

const sessions = 100;
/**
 * Made later: what one more costs, without what is there for all. So many that a megabyte more or less, which is chance in processes of this
 * size, is little for each. Output is in the log: they print less, for the time that it takes.
 */
const moreSessions = 400;
const moreBytes = 64 * 1024;
const mebibyte = 1024 * 1024;
const sleepTimeoutMs = 120_000;
/** V8 keeps the pages of a thread that has ended for some seconds, the server looks every other second whether it rests. */
const steadyMs = 20_000;
const lookEveryMs = 500;

export const memory: Bench = {
  name: "memory",
  question: `${sessions} sessions, each printed 1 MB, viewed once, then idle: more memory than with none`,
  run: (context) => withHome((home) => measure(home, context)),
};

async function measure(home: PerdureHome, { scratch, seed }: BenchContext): Promise<readonly Finding[]> {
  const pids = { server: home.server.pid, host: await home.hostPid() };
  await viewOnce(home, await printed(home, scratch, 1024, seed)); // what is loaded once for all is no session's
  for (const { id } of await home.api.sessions()) await home.api.delete(id);
  const before = await whenIdle(pids);
  const made: string[] = [];
  for (let count = 0; count < sessions; count += 1) made.push(await printed(home, scratch, mebibyte, seed + count));
  for (const id of made) await viewOnce(home, id);
  const after = await whenIdle(pids);
  for (let count = 0; count < moreSessions; count += 1)
    await viewOnce(home, await printed(home, scratch, moreBytes, seed + sessions + count));
  const more = await whenIdle(pids);
  const perSession = (name: "server" | "host"): number => ((more[name] - after[name]) * 1024) / moreSessions;
  return [
    judge({
      name: `memory of ${sessions} sessions`,
      value: after.total - before.total,
      unit: "MB",
      rule: "at most",
      accept: 20,
      aim: 10,
    }),
    judge({ name: "memory of a sleeping session, server", value: perSession("server"), unit: "KiB", rule: "at most", accept: 64 }),
    note("memory of a sleeping session, host", perSession("host"), "KiB"),
    note("memory: server", after.server, "MB", before.server),
    note("memory: host", after.host, "MB", before.host),
  ];
}

/** A session that has printed so much and waits. */
async function printed(home: PerdureHome, scratch: string, bytes: number, seed: number): Promise<string> {
  const file = join(scratch, `text-${seed}-${bytes}`);
  const text = mixture(bytes, seed);
  writeFileSync(file, text);
  const { id } = await home.api.create({
    command: ["/bin/sh", "-c", 'cat "$1"; exec cat', "sh", file],
    environment: { variables: home.variables },
  });
  const end = asPrinted(text).length;
  await until("all that is printed", async () => Number((await home.api.session(id)).cursor.split("_")[1]) === end, { everyMs: 5 });
  return id;
}

async function viewOnce(home: PerdureHome, id: string): Promise<void> {
  const connection = await RawConnection.greet(home.url, { token: home.token });
  const drawn = connection.untilFrame("a screen", (frame) => frame.is === "snapshot");
  connection.attach(id, { mode: "screen" });
  await drawn;
  connection.control({ type: "detach", channel: 1 });
  await connection.message("detached");
  connection.cut();
}

interface Memory {
  readonly total: number;
  readonly server: number;
  readonly host: number;
}

/** Proportional set size in MB, once the engines' thread has ended and the collector has found nothing more for a while. */
async function whenIdle({ server, host }: { readonly server: number; readonly host: number }): Promise<Memory> {
  await until("sleeping screens", () => !threadNames(server).some((name) => name.startsWith("perdure-engine")), {
    timeoutMs: sleepTimeoutMs,
    everyMs: 250,
  });
  let [least, sinceLeast] = [Number.POSITIVE_INFINITY, 0];
  let now: Memory = { total: 0, server: 0, host: 0 };
  await until(
    "memory that does not shrink any more",
    () => {
      const each = { server: proportionalMb(server), host: proportionalMb(host) };
      now = { ...each, total: each.server + each.host };
      sinceLeast = now.total < least - 0.25 ? 0 : sinceLeast + 1;
      least = Math.min(least, now.total);
      return sinceLeast * lookEveryMs >= steadyMs;
    },
    { timeoutMs: sleepTimeoutMs, everyMs: lookEveryMs },
  );
  return now;
}

function threadNames(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => readText(`/proc/${pid}/task/${thread}/comm`));
}

function proportionalMb(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/smaps_rollup`))?.[1] ?? Number.NaN) / 1024;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it ended since it was listed
  }
}
