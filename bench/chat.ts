// What a conversation costs: events from many agents at once until they are durable, opening a long one, checking an id before anything is
// started, and waking an agent that was put to sleep.

import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ChatEvent } from "@perdure/protocol";
import { EventLog } from "../packages/server/src/sessions/chat/event-log.ts";
import type { Session } from "../packages/server/src/sessions/session.ts";
import type { Durability, Store, Write } from "../packages/server/src/store/store.ts";
import { ENVIRONMENT, openScratchSessions, type ScratchSessions } from "../packages/server/src/testing/scratch-sessions.ts";
import { checkAndWake } from "./chat-agent.ts";
import { atRest } from "./chat-memory.ts";
import { judge, median, type Bench, type BenchContext, type Finding } from "./bench.ts";
import { printer } from "./peers/printer.ts";

const sessionCount = 100;
const linesEach = 8_000;
const line = "some words of an answer, as they come from a model";
const openedEvents = 20_000;

export const chat: Bench = {
  name: "chat",
  question: `${sessionCount} agents speaking at once, a conversation of ${openedEvents} events opened, 200 opened once, an id checked, an agent woken`,
  run: async (context) => [await durable(context), await opening(context), await atRest(), ...(await checkAndWake(context))],
};

/** Transactions as they were carried out: what was committed in one, and how lasting. */
interface Recorded {
  readonly writes: Write[];
  durability: Durability;
}

async function durable(context: BenchContext): Promise<Finding> {
  const file = join(context.scratch, "lines");
  writeFileSync(file, `${`${line}\n`.repeat(linesEach)}end\n`);
  const rates: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < Math.min(context.rounds, 3); round += 1) {
    const scratch = await openScratchSessions(undefined, { agents: [printer(file)] });
    try {
      const sessions = await Promise.all(Array.from({ length: sessionCount }, () => create(scratch)));
      const recorded = record(scratch.store);
      const ms = await speak(sessions);
      rates.push((sessionCount * linesEach) / (ms / 1000));
      bare.push((sessionCount * linesEach) / (replayBare(join(context.scratch, `bare-${round}.db`), recorded) / 1000));
    } finally {
      await scratch.close();
    }
  }
  return judge({
    name: `durable events, ${sessionCount} sessions`,
    value: median(rates),
    unit: "events/s",
    limit: median(bare),
    rule: "ratio at least",
    accept: 0.25,
    aim: 0.4,
  });
}

async function create({ sessions }: ScratchSessions): Promise<Session> {
  const { session } = await sessions.create({ agent: { agent: "printer" }, environment: ENVIRONMENT, cwd: "/" }, randomUUID());
  return session;
}

/** Milliseconds from the first message to the end of the last turn. */
async function speak(sessions: readonly Session[]): Promise<number> {
  const startedMs = performance.now();
  await Promise.all(sessions.map(async (session) => session.chat?.accept(randomUUID(), "speak")));
  while (!sessions.every(isOver)) await new Promise((resolve) => setTimeout(resolve, 5));
  return performance.now() - startedMs;
}

function isOver(session: Session): boolean {
  const conversation = session.chat?.events.conversation;
  return conversation !== undefined && conversation.lastTurn !== null && conversation.runningTurn === null;
}

/** Commits that are answered in the same moment were one transaction. */
function record(store: Store): Recorded[] {
  const transactions: Recorded[] = [];
  let current: Recorded | null = null;
  const engine = Object.getPrototypeOf(store) as Store;
  const recording = async function (this: Store, writes: readonly Write[], durability: Durability) {
    const result = await engine.commit.call(this, writes, durability);
    if (!current) {
      current = { writes: [], durability: "normal" };
      transactions.push(current);
      setImmediate(() => (current = null));
    }
    current.writes.push(...writes);
    if (durability === "full") current.durability = "full";
    return result;
  };
  Object.defineProperty(store, "commit", { value: recording, configurable: true, writable: true });
  return transactions;
}

/** The same bytes in the same transactions, one row for each record, in this thread. */
function replayBare(file: string, transactions: readonly Recorded[]): number {
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode=WAL; CREATE TABLE row (id INTEGER PRIMARY KEY, data BLOB)");
  const insert = db.prepare("INSERT INTO row (data) VALUES (?)");
  const startedMs = performance.now();
  for (const { writes, durability } of transactions) {
    db.exec(`PRAGMA synchronous=${durability}`);
    db.exec("BEGIN IMMEDIATE");
    for (const write of writes) for (const data of bytesOf(write)) insert.run(data);
    db.exec("COMMIT");
  }
  const ms = performance.now() - startedMs;
  db.close();
  return ms;
}

function bytesOf(write: Write): readonly Uint8Array[] {
  switch (write.op) {
    case "append":
      return write.records.map(({ data }) => data);
    case "put-snapshot":
      return [write.snapshot.data];
    case "append-send":
      return [write.send.bytes];
    default:
      return [Buffer.from(JSON.stringify(write))];
  }
}

async function opening(context: BenchContext): Promise<Finding> {
  const scratch = await openScratchSessions(undefined, { agents: [] });
  try {
    const { session } = await scratch.sessions.create({ command: ["sleep", "60"], environment: ENVIRONMENT, cwd: "/" }, randomUUID());
    await fill(scratch.store, session.id);
    const opened: number[] = [];
    const read: number[] = [];
    for (let round = 0; round < context.rounds + 1; round += 1) {
      read.push(await timed(() => readAll(scratch.store, session.id)));
      opened.push(await timed(() => openAnew(scratch.store, session.id)));
    }
    return judge({
      name: `opening ${openedEvents} events`,
      value: median(opened.slice(1)),
      unit: "ms",
      limit: median(read.slice(1)),
      rule: "ratio at most",
      accept: 2,
    });
  } finally {
    await scratch.close();
  }
}

async function openAnew(store: Store, session: string): Promise<void> {
  const log = new EventLog(store, session);
  await log.load();
  log.snapshot();
}

/** Turns of a question, a tool and an answer in pieces, until there are enough events. */
async function fill(store: Store, session: string): Promise<void> {
  const log = new EventLog(store, session);
  await log.load();
  for (let turn = 0; turn * 20 < openedEvents; turn += 1) {
    const prepared = log.prepare(turnEvents(turn));
    const result = await store.commit(prepared.writes, "normal");
    if (!result.ok) throw new Error(`refused: ${result.reason}`);
    prepared.done();
  }
}

function turnEvents(number: number): ChatEvent[] {
  const [input, turn, message, at] = [`i${number}`, `t${number}`, `r1.m${number}`, number];
  const [tool, text] = [`${message}.1`, `${message}.2`];
  return [
    { type: "input.accepted", input, text: `question ${number}`, at },
    { type: "input.dispatched", input, run: "r", at },
    { type: "turn.started", turn, run: "r", input, at },
    { type: "message.started", message, turn, at },
    { type: "part.started", message, part: tool, kind: "tool", tool: "Bash", toolKind: "execute", title: "ls", at },
    { type: "part.updated", message, part: tool, status: "completed", output: "a file\n".repeat(20), at },
    { type: "part.started", message, part: text, kind: "text", at },
    ...Array.from({ length: 10 }, (): ChatEvent => ({ type: "part.delta", message, part: text, text: `${line} `, at })),
    { type: "part.ended", message, part: text, at },
    { type: "message.ended", message, at },
    { type: "turn.ended", turn, end: "completed", at },
  ];
}

async function readAll(store: Store, session: string): Promise<void> {
  let offset = 0;
  for (;;) {
    const page = await store.read({ session, stream: "events" }, offset, 1024 * 1024);
    if (!page.ok) throw new Error(page.reason);
    const last = page.records.at(-1);
    if (last) offset = last.offset + last.data.length;
    if (!last || offset >= page.state.tail) return;
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
