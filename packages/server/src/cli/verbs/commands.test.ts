import { expect, test } from "vitest";
import { styleFor } from "../style.ts";
import { commandTable } from "./commands.ts";

const command = { offset: 1, directory: "/srv", startedAt: 1_000, line: 1, outputLine: 2, endLine: 3 };

test("commands are listed as in a history: the newest last, nothing of them reaches the reader's terminal as a sequence", () => {
  const lines = commandTable(
    [
      { ...command, text: "sleep 9", exitCode: null, endedAt: null },
      { ...command, text: "make\n\x1b[31mall", exitCode: 2, endedAt: 64_000 },
      { ...command, text: null, exitCode: 0, endedAt: 1_200 },
    ],
    121_000,
    styleFor({ isTTY: false }, {}),
  );
  expect(lines.map((line) => line.replaceAll(/ {2,}/g, "|"))).toEqual([
    "EXIT|TOOK|STARTED|DIRECTORY|COMMAND",
    "0|<1 s|2 min ago|/srv|(not known)",
    "2|1 min|2 min ago|/srv|make all",
    "…|2 min ago|/srv|sleep 9",
  ]);
});
