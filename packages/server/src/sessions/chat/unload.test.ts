import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { EMPTY_CONVERSATION, type DriverEvent } from "@perdure/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ScratchChat } from "../../testing/scratch-chat.ts";

let directory: string;
let bed: ScratchChat;
beforeEach(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-chat-"));
  bed = new ScratchChat(path.join(directory, "perdure.db"));
  await bed.begin();
});
afterEach(async () => {
  await bed.close();
  fs.rmSync(directory, { recursive: true, force: true });
});

/** A turn that is long enough for a snapshot at its end. */
function longTurn(number: number): DriverEvent[] {
  const [turn, message, part] = [`t${number}`, `m${number}`, `p${number}`];
  return [
    { type: "turn.started", turn, run: "run-1" },
    { type: "message.started", message, turn },
    { type: "part.started", message, part, kind: "text" },
    { type: "part.delta", message, part, text: "word ".repeat(8000) },
    { type: "turn.ended", turn, end: "completed" },
  ];
}

test("a conversation that left the memory is as it was when somebody needs it", async () => {
  await bed.says({ events: [{ type: "agent.ready", run: "run-1" }, ...longTurn(1)] }, { events: longTurn(2) });
  await bed.exits();
  await bed.settled();
  const before = await bed.chat.conversation();
  bed.chat.events.unload();
  expect(bed.chat.events.conversation).toBe(EMPTY_CONVERSATION);
  expect(await bed.chat.conversation()).toEqual(before);
});

test("what comes for one that left the memory is behind what was there", async () => {
  await bed.says({ events: [{ type: "agent.ready", run: "run-1" }, ...longTurn(1)] });
  await bed.exits();
  await bed.settled();
  const { entries } = await bed.chat.conversation();
  bed.chat.events.unload();
  const id = randomUUID();
  await bed.chat.accept(id, "hello");
  await bed.settled();
  expect(await bed.chat.conversation()).toMatchObject({ entries, queue: [id], runs: [{ id: "run-1" }] });
  expect(bed.wakes).toBe(1);
});

test("one that is being read, or written to, is not free", async () => {
  bed.chat.events.unload();
  const accepted = bed.chat.accept(randomUUID(), "hello");
  expect(bed.chat.events.isFree).toBe(false);
  await accepted;
  await bed.settled();
  expect(bed.chat.events.isFree).toBe(true);
});
