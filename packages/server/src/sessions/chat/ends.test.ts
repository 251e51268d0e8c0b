import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { ChatEvent, DriverEvent } from "@perdure/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ScratchChat } from "../../testing/scratch-chat.ts";
import { next } from "./ladder.ts";

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

const ready: DriverEvent = { type: "agent.ready", run: "run-1" };
const turn: DriverEvent = { type: "turn.started", turn: "t", run: "run-1" };
const ends = (): ChatEvent[] => bed.shown.filter(({ type }) => type === "turn.ended");

test("a turn that is cut with its run ends once, with the real cause", async () => {
  await bed.says({ events: [ready, turn] });
  await bed.exits({ cause: "host-died", text: "The host died." });
  expect(ends()).toMatchObject([{ turn: "t", end: "interrupted", cause: "host-died", text: "The host died." }]);
});

test("a turn that the agent has ended before its run was ended is not said to be cut", async () => {
  await bed.says({ events: [ready, turn, { type: "turn.ended", turn: "t", end: "completed" }] });
  await bed.exits({ cause: "stopped", wasAsked: true });
  expect(ends()).toMatchObject([{ turn: "t", end: "completed" }]);
});

test("an agent that lives and will never be ready is ended, so that nothing waits for it", async () => {
  await bed.chat.accept(randomUUID(), "hello");
  await bed.says({ events: [{ type: "agent.failed", run: "run-1", reason: "locked", text: "Another one writes it." }] });
  await bed.settled();
  expect(bed.ends).toEqual(["locked"]);
});

test("behind a tool that was at work what comes next asks first, whenever it was sent, until somebody says that it may go", async () => {
  const tool = { kind: "tool", tool: "Bash", toolKind: "execute", title: "rm" } as const;
  const message: DriverEvent[] = [
    { type: "message.started", message: "m", turn: "t" },
    { type: "part.started", message: "m", part: "p", ...tool },
  ];
  await bed.says({ events: [ready, turn, ...message] });
  await bed.exits();
  await bed.settled();
  bed.clock.advance(1000);
  const id = randomUUID();
  await bed.chat.accept(id, "go on");
  await bed.settled();
  expect((await bed.chat.conversation()).inputs[id]?.state).toBe("held");
  bed.clock.advance(1000);
  await bed.chat.recover("continue", id);
  await bed.settled();
  expect(next(await bed.chat.conversation(), bed.clock.now())).toEqual({ is: "start" });
});
