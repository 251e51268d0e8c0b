import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { ChatEvent, DriverEvent } from "@perdure/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scriptDriver, ScratchChat, STARTUP_MS, type ScriptLine } from "../../testing/scratch-chat.ts";
import { commandsOf } from "./command-log.ts";
import { refold } from "./refold.ts";

let directory: string;
let bed: ScratchChat;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-refold-"));
  bed = new ScratchChat(path.join(directory, "perdure.db"));
});
afterEach(async () => {
  await bed.close();
  fs.rmSync(directory, { recursive: true, force: true });
});

const newRelease = scriptDriver(2);
const ready: DriverEvent = { type: "agent.ready", run: "run-1" };
const approval: DriverEvent = {
  type: "approval.requested",
  approval: "r1.a",
  run: "run-1",
  title: "May I?",
  options: [{ id: "yes", label: "Yes", kind: "allow-once" }],
};
const begins: readonly DriverEvent[] = [
  { type: "message.started", message: "r1.m", turn: "t1.m" },
  { type: "part.started", message: "r1.m", part: "r1.p", kind: "text" },
];
const says = (text: string): DriverEvent => ({ type: "part.delta", message: "r1.m", part: "r1.p", text });
const line = (...events: DriverEvent[]): ScriptLine => ({ events });
const shownText = (): string => bed.shown.flatMap((event) => (event.type === "part.delta" ? [event.text] : [])).join("");
const types = (): readonly ChatEvent["type"][] => bed.shown.map(({ type }) => type);

/** The end of the line that is half written. */
let rest: string;

/** A turn that runs, with half a line of what the agent says in it, and an approval open. */
async function inMidTurn(): Promise<void> {
  await bed.begin();
  await bed.says(line(ready));
  await bed.chat.accept(randomUUID(), "question");
  await bed.settled();
  const { runningTurn } = await bed.chat.conversation();
  const [start, part] = begins;
  await bed.says(line({ ...start, turn: runningTurn } as DriverEvent, part!), line(says("one ")), line(approval));
  const next = JSON.stringify(line(says("two ")));
  await bed.writes(next.slice(0, 20));
  bed.clock.advance(STARTUP_MS); // the driver's timer is a part of what it got
  await bed.settled();
  rest = `${next.slice(20)}\n`;
}

async function takesOver(driver = newRelease): Promise<void> {
  bed.sent.length = 0;
  bed.shown.length = 0;
  await bed.restart(driver);
  await bed.chat.adopt("run-1");
}

describe("a server of another release, in mid-turn", () => {
  beforeEach(inMidTurn);

  it("goes on in the middle of a line, and shows nothing twice", async () => {
    await takesOver();
    expect(bed.ends).toEqual([]);
    await bed.writes(rest);
    expect(shownText()).toBe("two ");
    expect(types()).toEqual(["part.delta"]);
  });

  it("sends nothing again but what the host may not have, with the numbers that it had", async () => {
    bed.chat.delivered("run-1", 1);
    await bed.writes(rest);
    await takesOver();
    bed.chat.hostHasRun();
    await bed.settled();
    expect(bed.sent).toEqual(["2 question"]);
    await bed.chat.answer("r1.a", "yes", undefined);
    await bed.settled();
    expect(bed.sent).toEqual(["2 question", "3 answer"]);
  });

  it("is read by the next server of the same release as any other", async () => {
    await takesOver();
    await bed.writes(rest);
    await bed.store.commit([{ op: "drop-stream", ...commandsOf("s") }], "full");
    await takesOver();
    expect(bed.ends).toEqual([]);
  });

  it("calls the driver at no time that had come before", async () => {
    await takesOver();
    bed.clock.advance(STARTUP_MS);
    await bed.settled();
    expect(types()).toEqual([]);
  });
});

/** Why another release cannot go on, or `refolded`. */
async function because(driver = newRelease, maxBytes?: number): Promise<string> {
  const wire = { session: "s", stream: "wire" } as const;
  const { tail } = (await bed.store.streamState(wire))!;
  const conversation = await bed.chat.conversation();
  const limit = maxBytes === undefined ? {} : { maxBytes };
  const refolded = await refold({ store: bed.store, wire, tail, run: "run-1", driver, conversation, ...limit });
  return refolded.is === "impossible" ? refolded.because : refolded.is;
}

describe("a run cannot be understood by another release", () => {
  beforeEach(inMidTurn);

  it("that would have said something else to the agent", async () => {
    expect(await because(scriptDriver(2, "other words"))).toBe("this release would have said something else to it");
    await takesOver(scriptDriver(2, "other words"));
    expect(bed.ends).toEqual(["server-cannot-know"]);
    expect(bed.sent).toEqual([]);
  });

  it("that would have shown it under other names", async () => {
    const driver = scriptDriver(2);
    const other: typeof driver = {
      ...driver,
      step: (state, input) => driver.step(state, input.is === "line" ? { ...input, text: input.text.replaceAll("r1.m", "r1.n") } : input),
    };
    expect(await because(other)).toBe("this release would have shown something else of it");
  });

  it("whose driver fails at a command", async () => {
    const driver = scriptDriver(2);
    const failing: typeof driver = {
      ...driver,
      step: (state, input) => {
        if (input.is === "command") throw new Error("no such command");
        return driver.step(state, input);
      },
    };
    expect(await because(failing)).toBe("this release's driver failed: no such command");
  });

  it("that wrote very much", async () => {
    expect(await because(newRelease, 100)).toBe("it wrote more than 100 bytes");
  });

  it("of which it is not known what its driver was asked", async () => {
    await bed.store.commit([{ op: "drop-stream", ...commandsOf("s") }], "full");
    expect(await because()).toBe("what its driver was asked is not there");
  });

  it("of whose output a part is lost", async () => {
    const { tail } = (await bed.store.streamState({ session: "s", stream: "wire" }))!;
    const lost = { kind: "notice", time: 0, data: Buffer.from("lost\n") } as const;
    await bed.store.commit([{ op: "append", session: "s", stream: "wire", records: [lost], expectedTail: tail }], "full");
    expect(await because()).toBe("a part of what it wrote is not there");
  });
});

it("of a run that is over nothing is kept of what its driver was asked", async () => {
  await bed.begin();
  await bed.exits();
  const state = await bed.store.streamState(commandsOf("s"));
  expect(state?.trimmed).toBe(state?.tail);
});
