// Each row of the fault matrix once, with a page open on the conversation; what lasts is short here (`npm run faults -- chat-matrix`).

import { afterAll, beforeAll, expect, test } from "vitest";
import { Room } from "./matrix/room.ts";
import { matrixRows } from "./matrix/rows.ts";
import { RowScene } from "./matrix/row-scene.ts";

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});

afterAll(async () => room.close());

test.for(matrixRows)("$name", async (row) => {
  const scene = await RowScene.open(room, row, "short");
  await row.act(scene);
  expect(await scene.verdict()).toEqual([]);
});
