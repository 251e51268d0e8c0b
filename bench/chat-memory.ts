// What conversations cost in memory that were opened once and that nobody uses any more, beside the same ones all kept.

import { randomUUID } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ChatEvent } from "@perdure/protocol";
import { EventLog } from "../packages/server/src/sessions/chat/event-log.ts";
import { LoadedConversations, type Loadable } from "../packages/server/src/sessions/chat/loaded.ts";
import type { Store } from "../packages/server/src/store/store.ts";
import { FakeClock } from "../packages/server/src/testing/fake-clock.ts";
import { openScratchSessions } from "../packages/server/src/testing/scratch-sessions.ts";
import { judge, type Finding } from "./bench.ts";

const conversations = 200;
const turns = 50;
const text = "some words of an answer, as they come from a model ".repeat(80);
const mebibyte = 1024 * 1024;

/** A conversation that nobody views, without a run, as a session makes it known. */
class Opened implements Loadable {
  readonly log: EventLog;

  constructor(store: Store, session: string, used: (one: Loadable) => void) {
    this.log = new EventLog(store, session, () => used(this));
  }

  get isAtRest(): boolean {
    return this.log.isLoaded && this.log.isFree;
  }

  get isGone(): boolean {
    return !this.log.isLoaded && this.log.isFree;
  }

  leave(): void {
    this.log.unload();
  }
}

/** Megabytes of heap that 200 conversations hold right after each was opened once; the limit: what they hold if all are kept. */
export async function atRest(): Promise<Finding> {
  const scratch = await openScratchSessions(undefined, { agents: [] });
  try {
    const ids = Array.from({ length: conversations }, () => randomUUID());
    for (const id of ids) await fill(scratch.store, id);
    const loaded = new LoadedConversations(new FakeClock());
    const left = await heapOf(() => open(scratch.store, ids, (one) => loaded.used(one)));
    const kept = await heapOf(() => open(scratch.store, ids, () => undefined));
    return judge({
      name: `${conversations} conversations opened once`,
      value: left,
      unit: "MB",
      limit: kept,
      rule: "ratio at most",
      accept: 0.15,
      aim: 0.1,
    });
  } finally {
    await scratch.close();
  }
}

async function open(store: Store, ids: readonly string[], used: (one: Loadable) => void): Promise<readonly Opened[]> {
  const all = ids.map((id) => new Opened(store, id, used));
  for (const { log } of all) await log.load();
  return all;
}

async function heapOf(make: () => Promise<unknown>): Promise<number> {
  const before = heapAtRest();
  const made = await make();
  const after = heapAtRest();
  return made === null ? Number.NaN : (after - before) / mebibyte; // it is held until here
}

function heapAtRest(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

async function fill(store: Store, id: string): Promise<void> {
  await store.commit([{ op: "put-session", session: { id, name: id, createdAt: 0, lastActivityAt: 0, details: "{}" } }], "normal");
  const log = new EventLog(store, id);
  await log.load();
  for (let turn = 0; turn < turns; turn += 1) {
    const prepared = log.prepare(turnEvents(turn));
    await store.commit(prepared.writes, "normal");
    prepared.done();
  }
}

function turnEvents(number: number): ChatEvent[] {
  const [turn, message, part, at] = [`t${number}`, `m${number}`, `p${number}`, number];
  return [
    { type: "turn.started", turn, run: "r", at },
    { type: "message.started", message, turn, at },
    { type: "part.started", message, part, kind: "text", at },
    { type: "part.delta", message, part, text: `${number} ${text}`, at },
    { type: "turn.ended", turn, end: "completed", at },
  ];
}
