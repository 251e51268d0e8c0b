// `perdure demo`: it says the truth about itself, and leaves nothing behind.

import { mkdirSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import * as z from "zod/mini";
import type { CommandLine } from "../harness/command-line.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { commandLineForEachTest } from "../harness/set-up.ts";

const Counts = z.object({ printed: z.number(), seen: z.number(), lost: z.number(), doubled: z.number(), misplaced: z.number() });
const Pids = z.object({ server: z.number(), host: z.number(), program: z.number() });
const Result = z.object({
  act: z.string(),
  kept: z.boolean(),
  newRun: z.boolean(),
  before: Pids,
  after: Pids,
  history: Counts,
  viewer: Counts,
});

const nothingWrong = { lost: 0, doubled: 0, misplaced: 0 };

let home: PerdureHome;
let cli: CommandLine;

commandLineForEachTest((made) => {
  cli = made;
  home = made.home;
});

test("killing the server and cutting the network lose and double nothing; killing everything says what was lost", async () => {
  mkdirSync(home.path("tmp"));
  const acts = ["server", "network", "everything"];
  const args = ["demo", ...acts.flatMap((act) => ["--act", act]), "--json", "--no-open"];
  const { code, stdout, stderr } = await cli.run(args, { env: { TMPDIR: home.path("tmp") } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const results = stdout
    .trimEnd()
    .split("\n")
    .map((line) => Result.parse(JSON.parse(line)));
  expect(results.map(({ act, kept }) => [act, kept])).toEqual(acts.map((act) => [act, true]));
  const [server, network, everything] = results;
  for (const result of [server, network]) expect(result).toMatchObject({ newRun: false, history: nothingWrong, viewer: nothingWrong });
  expect(server?.after).toMatchObject({ host: server?.before.host, program: server?.before.program });
  expect(server?.after.server).not.toBe(server?.before.server);
  expect(network?.after).toEqual(network?.before);

  expect(everything).toMatchObject({ newRun: true, history: { doubled: 0, misplaced: 0 }, viewer: { doubled: 0, misplaced: 0 } });
  for (const which of ["server", "host", "program"] as const) expect(everything?.after[which]).not.toBe(everything?.before[which]);
  for (const { printed, seen, lost } of results.flatMap(({ history, viewer }) => [history, viewer])) {
    expect(printed).toBeGreaterThan(100);
    expect(seen).toBe(printed - lost);
  }
  expect(readdirSync(home.path("tmp"))).toEqual([]);
  expect(home.processes()).toEqual([]);
});

test("without a terminal it must be told what to do", async () => {
  const { code, stderr } = await cli.run(["demo", "--no-open"]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: "perdure: Without a terminal say what to do: --act server|network|everything.\n" });
});

test("in a terminal one key is one act, and Ctrl-C leaves the terminal as it was", async () => {
  mkdirSync(home.path("tmp"));
  const terminal = cli.terminal(["demo", "--no-open"], { env: { TMPDIR: home.path("tmp") } });
  const fresh = terminal.modes;
  await terminal.untilRow(/^line \d+ · \d+ shown · connected$/);
  terminal.type("1");
  await terminal.untilRow("The server was killed (SIGKILL) and started again.");
  await terminal.untilRow(/^ *lost +0 in the history, 0 on the screen$/);
  await terminal.untilRow(/^ *program pid +\d+ \(the same\)$/);
  terminal.type("\x03");
  expect((await terminal.end()).code).toBe(130);
  expect(terminal.modes).toEqual(fresh);
  expect(home.processes()).toEqual([]);
});
