// Terminals of several sizes on one session: whoever types sets its size, the others show the part that fits, and never garbage.

import { expect, test } from "vitest";
import type { CommandLine } from "../harness/command-line.ts";
import type { OuterTerminal } from "../harness/outer-terminal.ts";
import { commandLineForThisFile } from "../harness/set-up.ts";

let cli: CommandLine;

commandLineForThisFile((made) => {
  cli = made;
});

const large = { cols: 100, rows: 30 };
const small = { cols: 50, rows: 10 };

/** The rows of a large terminal around its cursor that a small one has room for. */
function part(of: OuterTerminal): readonly string[] {
  const cursor = JSON.parse(of.picture[0] ?? "{}") as { cursor: readonly [number, number] };
  const top = Math.max(0, cursor.cursor[1] + 1 - small.rows);
  const rows = Array.from({ length: small.rows }, (_, row) => (of.rows[top + row] ?? "").slice(0, small.cols).trimEnd());
  return rows.slice(0, rows.findLastIndex((row) => row !== "") + 1);
}

test("a small terminal that looks at a large one shows the part around the cursor, and the whole once the size is its own", async () => {
  await cli.create("sized", ["sh", "-c", "PS1='$ ' exec sh -i"]);
  const typist = cli.terminal(["attach", "sized"], large);
  await typist.untilRow(/^\$/);
  const onlooker = cli.terminal(["attach", "-r", "sized"], small);
  await onlooker.untilRow(/^\$/);
  typist.type(
    "stty size; i=0; while [ $i -lt 40 ]; do echo \"$i $(printf '%060d' $i) end of a long line $i\"; i=$((i+1)); done; echo all\r",
  );
  await typist.untilRow("all");
  await onlooker.untilRow("all");
  await onlooker.until("the same rows", () => JSON.stringify(onlooker.rows) === JSON.stringify(part(typist)));
  expect(onlooker.rows.join("\n")).not.toContain("end of a long line");

  typist.resize(small.cols, small.rows);
  // Sizes are calmed on their way, keys are not: the program waits for its own.
  typist.type(`until [ "$(stty size)" = "${small.rows} ${small.cols}" ]; do sleep 0.05; done; echo smaller; stty size\r`);
  await typist.untilRow(`${small.rows} ${small.cols}`);
  await onlooker.untilRow(`${small.rows} ${small.cols}`);
  await onlooker.untilPicture(typist.picture);

  typist.resize(large.cols, large.rows);
  typist.type("clear; stty size; printf '%090d\\n' 7; echo larger\r");
  await typist.untilRow("larger");
  await onlooker.untilRow("larger");
  await onlooker.until("the same rows", () => JSON.stringify(onlooker.rows) === JSON.stringify(part(typist)));

  const { modes } = onlooker;
  onlooker.type("\x1c\x1c");
  expect(await onlooker.end()).toMatchObject({ code: 0 });
  expect(onlooker.modes).toEqual(modes);
  typist.type("exit\r");
  await typist.end();
});

test("a large terminal that looks at a small one shows all of it, and nothing else", async () => {
  await cli.create("small", ["sh", "-c", "PS1='$ ' exec sh -i"]);
  const typist = cli.terminal(["attach", "small"], small);
  await typist.untilRow(/^\$/);
  typist.type("i=0; while [ $i -lt 20 ]; do echo \"$i $(printf '%070d' $i)\"; i=$((i+1)); done; echo all\r");
  await typist.untilRow("all");
  const onlooker = cli.terminal(["attach", "-r", "small"], large);
  await onlooker.untilRow("all");
  await onlooker.until("the same rows", () => JSON.stringify(onlooker.rows) === JSON.stringify(typist.rows));
  typist.type("printf '\\033[5;5Hthere'; read x\r");
  await typist.untilRow(/there/);
  await onlooker.until("the same rows", () => JSON.stringify(onlooker.rows) === JSON.stringify(typist.rows));
  expect(onlooker.rows).toEqual(typist.rows);
});
