// Everything that may break under a conversation, one after the other, with a page open on it in a browser: 15 s frozen, 30 s without a
// network, a slow line, and all the rest. A few of them in short: `test/chat/matrix.test.ts`.

import { Room } from "../chat/matrix/room.ts";
import { matrixRows } from "../chat/matrix/rows.ts";
import { RowScene, type MatrixRow } from "../chat/matrix/row-scene.ts";
import type { FaultOptions, FaultReport, FaultRun } from "./fault-run.ts";

export const chatMatrix: FaultRun = {
  name: "chat-matrix",
  question:
    "Whatever breaks: does the page show the words that were shown, each message once, no turn at work, and the same after a reload?",
  times: 1,
  run,
};

async function run({ times, say }: FaultOptions): Promise<FaultReport> {
  const rows: Record<string, string | number>[] = [];
  const failures: string[] = [];
  for (let time = 1; time <= times; time += 1) {
    const room = await Room.open();
    try {
      for (const row of matrixRows) {
        const startedMs = performance.now();
        const wrong = await tryRow(room, row);
        const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
        rows.push({ fault: row.name, seconds, afterwards: wrong.length === 0 ? "whole" : "WRONG" });
        failures.push(...wrong.map((one) => `${row.name}: ${one}`));
        say(`${row.name}: ${wrong.length} failures`);
      }
    } finally {
      await room.close();
    }
  }
  return { rows, failures };
}

async function tryRow(room: Room, row: MatrixRow): Promise<readonly string[]> {
  try {
    const scene = await RowScene.open(room, row, "long");
    await row.act(scene);
    return await scene.verdict();
  } catch (error) {
    return [String(error)];
  }
}
