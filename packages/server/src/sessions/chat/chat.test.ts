import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { DriverEvent } from "@perdure/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Driver } from "../../agents/driver.ts";
import { scriptDriver, ScratchChat, STARTUP_MS } from "../../testing/scratch-chat.ts";

let directory: string;
let bed: ScratchChat;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-chat-"));
  bed = new ScratchChat(path.join(directory, "perdure.db"));
});
afterEach(async () => {
  await bed.close();
  fs.rmSync(directory, { recursive: true, force: true });
});

const ready: DriverEvent = { type: "agent.ready", run: "run-1" };
const notice = (text: string): DriverEvent => ({ type: "notice", notice: `n.${text}`, level: "info", code: "told", text });
const approval: DriverEvent = {
  type: "approval.requested",
  approval: "r1.a",
  run: "run-1",
  title: "May I?",
  options: [{ id: "yes", label: "Yes", kind: "allow-once" }],
};
const told = (): string[] => bed.shown.flatMap((event) => (event.type === "notice" ? [event.text] : []));
const wholeNotice = (text: string): string => `${JSON.stringify({ events: [notice(text)] })}\n`;
const full = (): string => "storage-full";

describe("what a commit refuses", () => {
  test("of the program's output comes once, when there is room", async () => {
    await bed.begin();
    const [first, second] = [wholeNotice("first"), wholeNotice("second")];
    await bed.writes(first.slice(0, 20));
    bed.fails = full;
    const middle = first.slice(20) + second.slice(0, 20);
    await expect(bed.writes(middle)).rejects.toThrow("full");
    await expect(bed.writes(middle)).rejects.toThrow("full");
    bed.fails = null;
    await bed.writes(middle);
    await bed.writes(second.slice(20));
    expect(told()).toEqual(["first", "second"]);
  });

  test("of a summary is kept with the next commit", async () => {
    await bed.begin();
    bed.fails = full;
    await expect(bed.chat.accept(randomUUID(), "hello")).rejects.toThrow("full");
    bed.fails = null;
    await bed.chat.accept(randomUUID(), "hello");
    expect(bed.summaries.at(-1)).toMatchObject({ queued: 1 });
  });

  test("of a message that is due is sent as soon as there is room", async () => {
    await bed.begin();
    await bed.chat.accept(randomUUID(), "hello");
    bed.fails = (writes) => (writes.some(({ op }) => op === "append-send") ? "storage-full" : null);
    await bed.says({ events: [ready] });
    await bed.settled();
    expect(bed.sent).toEqual(["1 hello"]);
    bed.fails = null;
    bed.clock.advance(1000);
    await bed.settled();
    expect(bed.sent).toEqual(["1 hello", "2 hello"]);
  });
});

describe("a driver", () => {
  test("is called at the times that it asked for when it began", async () => {
    await bed.begin();
    bed.clock.advance(STARTUP_MS);
    await bed.settled();
    expect(told()).toEqual(["startup"]);
  });

  test("is called at its time though the machine's clock was a moment behind when it was first looked at", async () => {
    const after = bed.clock.after.bind(bed.clock);
    bed.clock.after = (ms, callback) => after(ms === STARTUP_MS ? ms - 1 : ms, callback);
    await bed.begin();
    bed.clock.advance(STARTUP_MS - 1);
    await bed.settled();
    expect(told()).toEqual([]);
    bed.clock.advance(1);
    await bed.settled();
    expect(told()).toEqual(["startup"]);
  });

  test("is not called for a time that it no longer waits for", async () => {
    await bed.begin();
    const folding = bed.says({ timers: [] });
    bed.clock.advance(STARTUP_MS);
    await folding;
    await bed.settled();
    expect(told()).toEqual([]);
  });

  test("that fails at a line is told, and goes on with the next", async () => {
    await bed.begin();
    await bed.says({ throws: true }, { events: [notice("next")] });
    expect(told()).toEqual(["What the agent wrote was not understood: a fault of the driver", "next"]);
  });
});

/** A driver with a fault at this command, as long as the test says so. */
function failing(is: string): Driver {
  const driver = scriptDriver();
  const step: typeof driver.step = (state, input) => {
    if (bed.isFaulty && input.is === "command" && input.command.is === is) throw new Error("no such state");
    return driver.step(state, input);
  };
  return { ...driver, step };
}

async function beginFailing(is: string): Promise<void> {
  await bed.restart(failing(is));
  await bed.begin();
  await bed.says({ events: [ready] });
}

const FAULT = "because of a fault in perdure (no such state).";

describe("a driver that fails at a command", () => {
  test("holds the message, says so and asks; tried again, it goes out once", async () => {
    await beginFailing("prompt");
    const id = randomUUID();
    await bed.chat.accept(id, "hello");
    await bed.settled();
    const held = await bed.chat.conversation();
    expect(held.inputs[id]?.state).toBe("held");
    const said = held.notices[held.inputs[id]!.notice!];
    expect(said).toMatchObject({ code: "driver-fault", text: `The message could not be given to the agent ${FAULT}` });
    expect(said?.offers).toEqual(["retry", "start", "discard"]);
    expect(bed.wants).toContain("question");
    bed.isFaulty = false;
    await bed.chat.recover("retry", id);
    await bed.settled();
    expect(bed.sent).toEqual(["1 hello", "2 hello"]);
  });

  test("can be started anew: the agent is ended, and the message goes to the next run", async () => {
    await beginFailing("prompt");
    await bed.chat.accept(randomUUID(), "hello");
    await bed.settled();
    bed.clock.advance(1);
    await bed.chat.recover("start");
    expect(bed.ends).toEqual(["started-anew"]);
    bed.clock.advance(1);
    await bed.exits({ cause: "started-anew", wasAsked: true });
    await bed.settled();
    expect(bed.sent).toEqual(["1 hello"]);
    expect(bed.wakes).toBe(1);
    expect(await bed.chat.conversation()).toMatchObject({ resumeId: null, runs: [{ cause: "started-anew" }] });
  });

  test("leaves a question open, and says why", async () => {
    await beginFailing("answer");
    await bed.says({ events: [approval] });
    await expect(bed.chat.answer("r1.a", "yes", undefined)).rejects.toThrow(`The answer could not be given to the agent ${FAULT}`);
    expect((await bed.chat.conversation()).openApprovals).toEqual(["r1.a"]);
  });

  test("is ended, if it is the one that stops", async () => {
    await beginFailing("interrupt");
    await bed.says({ events: [{ type: "turn.started", turn: "t", run: "run-1" }] });
    const stopped = bed.chat.stop();
    await bed.settled();
    bed.clock.advance(10_000);
    expect(bed.ends).toEqual(["stopped"]);
    await bed.exits({ cause: "stopped", wasAsked: true });
    expect(await stopped).toBe("interrupted");
  });
});

test("what still looks as if it ran is closed before the next run is begun for a message", async () => {
  await bed.begin();
  await bed.says({ events: [ready, { type: "turn.started", turn: "t", run: "run-1" }, approval] });
  bed.isAlive = false;
  await bed.restart();
  await bed.chat.accept(randomUUID(), "hello");
  await bed.settled();
  const now = await bed.chat.conversation();
  expect(now).toMatchObject({ runningTurn: null, openApprovals: [], turns: { t: { state: "interrupted", cause: "server-cannot-know" } } });
  expect(now.runs.map(({ state }) => state)).toEqual(["ended"]);
  expect(bed.wakes).toBe(1);
});

describe("while the agent runs", () => {
  beforeEach(async () => {
    await bed.begin();
    await bed.says({ events: [ready, { type: "session.resume-id", resumeId: "old" }] });
  });

  test("no fresh conversation is begun, and that is said", async () => {
    await expect(bed.chat.recover("restart")).rejects.toMatchObject({ code: "already-running" });
    expect((await bed.chat.conversation()).resumeId).toBe("old");
    bed.clock.advance(1);
    await bed.exits();
    await bed.chat.recover("restart");
    expect(await bed.chat.conversation()).toMatchObject({ resumeId: null, oldResumeId: "old" });
  });

  test("it is not started anew in the middle of a turn", async () => {
    await bed.says({ events: [{ type: "turn.started", turn: "t", run: "run-1" }] });
    await expect(bed.chat.recover("start")).rejects.toThrow("Stop it first");
    expect(bed.ends).toEqual([]);
  });
});

describe("another server", () => {
  beforeEach(async () => {
    await bed.begin();
    await bed.says({ events: [ready, approval] });
    bed.sent.length = 0;
  });

  test("tells the agent an answer that was given before its host was there", async () => {
    await bed.restart();
    await bed.chat.answer("r1.a", "yes", undefined);
    await bed.chat.adopt("run-1");
    bed.chat.hostHasRun();
    await bed.settled();
    expect(bed.sent).toEqual(["1 hello", "2 answer"]);
  });

  test("stops a turn whose run it has not taken over yet: the agent is told as soon as its host is there", async () => {
    await bed.says({ events: [{ type: "turn.started", turn: "t", run: "run-1" }] });
    bed.sent.length = 0;
    await bed.restart();
    const stopped = bed.chat.stop();
    await bed.settled();
    expect((await bed.chat.conversation()).turns["t"]?.isStopping).toBe(true);
    expect(bed.sent).toEqual([]);
    await bed.chat.adopt("run-1");
    bed.chat.hostHasRun();
    await bed.settled();
    expect(bed.sent).toEqual(["1 hello", "2 interrupt"]);
    await bed.says({ events: [{ type: "turn.ended", turn: "t", end: "interrupted", cause: "stopped" }] });
    expect(await stopped).toBe("interrupted");
    expect(bed.ends).toEqual([]);
  });

  test("stops no turn that nobody could be told of", async () => {
    await bed.says({ events: [{ type: "turn.started", turn: "t", run: "run-1" }] });
    await bed.restart(scriptDriver(2, "other words"));
    await expect(bed.chat.stop()).rejects.toMatchObject({ code: "host-unavailable" });
    expect((await bed.chat.conversation()).turns["t"]).toMatchObject({ state: "running", isStopping: false });
  });

  test("takes no answer that nobody could be told", async () => {
    await bed.restart(scriptDriver(2, "other words"));
    await expect(bed.chat.answer("r1.a", "yes", undefined)).rejects.toMatchObject({ code: "host-unavailable" });
    expect((await bed.chat.conversation()).openApprovals).toEqual(["r1.a"]);
  });

  test("that cannot understand the run ends it, and its conversation goes on", async () => {
    await bed.restart(scriptDriver(2, "other words"));
    await bed.chat.adopt("run-1");
    expect(bed.ends).toEqual(["server-cannot-know"]);
    await bed.chat.accept(randomUUID(), "hello");
    await bed.says({ events: [notice("unread")] });
    await bed.exits({ cause: "server-cannot-know" });
    await bed.settled();
    expect(bed.wakes).toBe(1);
    expect(await bed.chat.conversation()).toMatchObject({ openApprovals: [], runs: [{ state: "ended" }] });
  });

  test("that finds a snapshot nobody can read has the conversation from its events", async () => {
    const at = bed.chat.events.stream.tail;
    const snapshot = { session: "s", stream: "events", kind: "conversation", version: 1, offset: at, cols: 1, rows: 1 } as const;
    await bed.store.commit([{ op: "put-snapshot", snapshot: { ...snapshot, data: Buffer.from("{") } }], "full");
    await bed.restart();
    expect((await bed.chat.conversation()).openApprovals).toEqual(["r1.a"]);
  });

  test("goes on in the middle of a line", async () => {
    const line = wholeNotice("whole");
    await bed.writes(line.slice(0, 25));
    await bed.restart();
    await bed.chat.adopt("run-1");
    await bed.writes(line.slice(25));
    expect(told()).toEqual(["whole"]);
  });
});

describe("a message", () => {
  test("is not given to an agent whose end was asked for", async () => {
    await bed.begin();
    await bed.says({ events: [ready] });
    bed.isEnding = true;
    await bed.chat.accept(randomUUID(), "late");
    await bed.settled();
    await bed.exits({ cause: "parked" });
    await bed.settled();
    expect(bed.sent).toEqual(["1 hello"]);
    expect(bed.wakes).toBe(1);
  });

  test("does not bring back an agent that somebody ended, until there is a newer one", async () => {
    await bed.begin();
    await bed.says({ events: [ready, { type: "turn.started", turn: "t", run: "run-1" }] });
    await bed.chat.accept(randomUUID(), "waits");
    bed.clock.advance(1);
    await bed.exits({ cause: "session-ended", wasAsked: true });
    await bed.settled();
    expect(bed.wakes).toBe(0);
    bed.clock.advance(1);
    await bed.chat.accept(randomUUID(), "go on");
    await bed.settled();
    expect(bed.wakes).toBe(1);
  });

  test("that a run took with it is known to wait, also to the next server", async () => {
    await bed.begin();
    await bed.says({ events: [ready] });
    await bed.chat.accept(randomUUID(), "hello");
    await bed.settled();
    expect(bed.summaries.at(-1)).toMatchObject({ queued: 0, state: "working" });
    await bed.exits();
    expect(bed.summaries.at(-1)).toMatchObject({ queued: 1, state: "asleep" });
  });

  test("is not taken for delivered by what the host says of another run", async () => {
    await bed.begin();
    await bed.says({ events: [ready] });
    const id = randomUUID();
    await bed.chat.accept(id, "hello");
    await bed.settled();
    bed.chat.delivered("run-0", 9);
    await bed.settled();
    expect((await bed.chat.conversation()).inputs[id]?.state).toBe("dispatched");
    bed.chat.delivered("run-1", 2);
    await bed.settled();
    expect((await bed.chat.conversation()).inputs[id]?.state).toBe("delivered");
  });
});

test("of a run that is over nothing is kept but its events", async () => {
  const wire = { session: "s", stream: "wire" } as const;
  await bed.begin();
  await bed.says({ events: [ready, notice("said")] });
  expect(await bed.store.streamState(wire)).toMatchObject({ trimmed: 0 });
  expect(await bed.store.sends("run-1", 0)).toHaveLength(1);
  await bed.exits();
  const state = await bed.store.streamState(wire);
  expect(state?.trimmed).toBe(state?.tail);
  expect(await bed.store.snapshot(wire, "driver", state?.tail ?? 0)).toBeNull();
  expect(await bed.store.sends("run-1", 0)).toEqual([]);
  await bed.restart();
  await bed.begin("run-2");
  await bed.says({ events: [notice("again")] });
  await bed.restart();
  await bed.chat.adopt("run-2");
  expect(bed.ends).toEqual([]);
  expect(told()).toEqual(["said", "again"]);
});

test("an approval whose name every object knows is an unknown one", async () => {
  await bed.begin();
  for (const name of ["__proto__", "constructor"]) {
    await expect(bed.chat.answer(name, "yes", undefined)).rejects.toMatchObject({ code: "unknown-approval" });
  }
});

describe("a fresh conversation in the place of one that is lost", () => {
  test.each([true, false])("is told what was said, with its first message alone, if that is wanted: %s", async (usesDigest) => {
    await bed.begin();
    await bed.says({ events: [ready] });
    await bed.chat.accept(randomUUID(), "my name is Ada");
    await bed.settled();
    await bed.exits();
    bed.usesDigest = usesDigest;
    bed.sent.length = 0;
    await bed.begin("run-2", "restarted");
    await bed.says({ events: [{ type: "agent.ready", run: "run-2" }] });
    const later = ["what is my name?", "thank you"];
    for (const text of later) await bed.chat.accept(randomUUID(), text);
    await bed.settled();
    const first = bed.sent.find((line) => line.includes("what is my name?")) ?? "";
    expect(first.includes("my name is Ada")).toBe(usesDigest);
    expect(first.startsWith("2 [")).toBe(usesDigest);
  });
});

describe("a stop before the turn has begun", () => {
  test("holds the first message that waits, and offers to send it", async () => {
    await bed.begin();
    const id = randomUUID();
    await bed.chat.accept(id, "hello");
    expect(await bed.chat.stop()).toBe("held");
    await bed.says({ events: [ready] });
    await bed.settled();
    const held = await bed.chat.conversation();
    expect(held.inputs[id]?.state).toBe("held");
    expect(held.notices[held.inputs[id]!.notice!]).toMatchObject({ code: "stopped", offers: ["send-again", "discard"] });
    expect(bed.sent).toEqual(["1 hello"]); // what every run begins with
    await bed.chat.recover("send-again", id);
    await bed.settled();
    expect(bed.sent).toEqual(["1 hello", "2 hello"]);
  });

  test("says that nothing runs where nothing waits", async () => {
    await bed.begin();
    expect(await bed.chat.stop()).toBe("nothing-running");
  });
});
