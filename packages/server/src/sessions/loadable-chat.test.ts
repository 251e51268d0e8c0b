import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ScratchChat } from "../testing/scratch-chat.ts";
import type { Attachment } from "./attachment.ts";
import { LoadableChat } from "./loadable-chat.ts";
import type { Session } from "./session.ts";

let directory: string;
let bed: ScratchChat;
let attachments: Set<Attachment>;
let loadable: LoadableChat;

beforeEach(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-chat-"));
  bed = new ScratchChat(path.join(directory, "perdure.db"));
  attachments = new Set();
  const session = {
    get isAlive() {
      return bed.isAlive;
    },
  };
  loadable = new LoadableChat(session as Session, attachments);
  loadable.events = bed.chat.events;
  await bed.begin();
  await bed.says({ events: [{ type: "agent.ready", run: "run-1" }] });
});
afterEach(async () => {
  await bed.close();
  fs.rmSync(directory, { recursive: true, force: true });
});

/** A viewer of this kind looks. */
function looks(mode: "chat" | "screen"): Attachment {
  const attachment = { mode } as Attachment;
  attachments.add(attachment);
  return attachment;
}

test("a conversation may not leave while its run lives", async () => {
  expect(loadable.isAtRest).toBe(false);
  await bed.exits();
  await bed.settled();
  expect(loadable.isAtRest).toBe(true);
});

test("nor while somebody views it; who views its terminal does not count", async () => {
  await bed.exits();
  await bed.settled();
  const viewer = looks("chat");
  looks("screen");
  expect(loadable.isAtRest).toBe(false);
  attachments.delete(viewer);
  expect(loadable.isAtRest).toBe(true);
});

test("nor while a message is about to be sent, but while one waits for somebody's decision", async () => {
  await bed.exits();
  const id = randomUUID();
  await bed.chat.accept(id, "hello");
  await bed.settled();
  expect(loadable.isAtRest).toBe(false);
  await bed.chat.failedToStart("crashed", "It could not be started.");
  await bed.settled();
  expect(loadable.isAtRest).toBe(true);
});

test("one that left is gone, until somebody needs it", async () => {
  await bed.exits();
  await bed.settled();
  loadable.leave();
  expect([loadable.isGone, loadable.isAtRest]).toEqual([true, false]);
  const needed = bed.chat.conversation();
  expect(loadable.isGone).toBe(false);
  await needed;
  expect([loadable.isGone, loadable.isAtRest]).toEqual([false, true]);
});
