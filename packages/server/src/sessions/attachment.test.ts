import { formatCursor } from "@perdure/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { settle } from "../testing/fake-clock.ts";
import { ScratchSink, VIEW } from "../testing/scratch-sessions.ts";
import { Attachment } from "./attachment.ts";
import type { Services } from "./services.ts";
import type { Session } from "./session.ts";
import { SizeControl } from "./size-control.ts";

let sink: ScratchSink;
let changes: number;
let attachment: Attachment;
const type = (writer: string, seq: number): void => attachment.input(1, writer, seq, Buffer.from("x"));

beforeEach(() => {
  sink = new ScratchSink();
  changes = 0;
  const session = {
    key: { session: "s", stream: "terminal" },
    run: { row: { number: 1 }, state: { is: "running" } },
    sizes: new SizeControl<Attachment>(),
    applyControl: nothing,
    changed: () => void (changes += 1),
    isAlive: true,
  };
  const services = { clock: { now: () => 0 }, isHostConnected: true, sendInput: () => true };
  attachment = new Attachment(session as unknown as Session, services as unknown as Services, VIEW, sink);
});

describe("a viewer that types", () => {
  it("controls from its first key on, of which everybody is told once", () => {
    Object.assign(attachment, { size: { cols: 80, rows: 24 }, isVisible: true });
    for (const seq of [1, 2, 3]) type("w", seq);
    expect(changes).toBe(1);
  });

  it("and cannot control the size tells nobody anything", () => {
    attachment.isVisible = true;
    for (const seq of [1, 2, 3]) type("w", seq);
    expect(changes).toBe(0);
  });
});

describe("other sessions' floods make room", () => {
  const screen = { ...VIEW, mode: "screen", isVisible: true } as const;

  it.for([
    ["somebody who looks at the screen", screen, ["s"]],
    ["nobody who has it in the background", { ...screen, isVisible: false }, []],
    ["nobody who reads the log", { ...screen, mode: "log" }, []],
  ] as const)("for %s", ([, request, expected]) => {
    const noted: string[] = [];
    const session = {
      id: "s",
      stream: { incarnation: 1, trimmed: 0, tail: 0 },
      attachments: new Set(),
      sizes: new SizeControl<Attachment>(),
      screen: { snapshot: () => new Promise(nothing) },
      seen: nothing,
      applyControl: nothing,
      changed: nothing,
      details: { cols: 80, rows: 24 },
    };
    const services = { clock: { now: () => 0 }, typing: { note: (id: string) => noted.push(id) } };
    void new Attachment(session as unknown as Session, services as unknown as Services, request, sink).start();
    expect(noted).toEqual(expected);
  });
});

/** Attaches with a cursor beyond the end. `waited`: what has happened while it waited so many times; `isToCome`: the rest is on its way. */
function attachBeyond(
  mode: "log" | "screen",
  waited: (stream: { tail: number }, times: number) => void,
  { isToCome = false, isFull = false } = {},
): void {
  const stream = { incarnation: 1, trimmed: 0, tail: 10 };
  let times = 0;
  const committedEnd = {
    reaches: () => Promise.resolve(waited(stream, (times += 1))),
    isToCome: (offset: number) => isToCome && stream.tail < offset,
  };
  const session = {
    key: { session: "s", stream: "terminal" },
    stream,
    info: {},
    attachments: new Set(),
    sizes: new SizeControl<Attachment>(),
    committedEnd,
    screen: { snapshot: () => Promise.resolve({ offset: stream.tail, cols: 80, rows: 24, data: new Uint8Array(0) }) },
    history: { first: () => Promise.resolve(0) },
    seen: nothing,
    applyControl: nothing,
    changed: nothing,
    details: { cols: 80, rows: 24 },
  };
  const services = {
    clock: { now: () => 0 },
    disk: { isFull },
    streams: { note: nothing },
    store: { read: () => new Promise(nothing) },
  };
  const request = { ...VIEW, mode, cursor: formatCursor({ incarnation: 1, offset: 20 }) } as const;
  void new Attachment(session as unknown as Session, services as unknown as Services, request, sink).start();
}

describe("a viewer that has seen more than is committed", () => {
  it.for(["log", "screen"] as const)("goes on there as soon as this server has read it, too: a %s", async (mode) => {
    attachBeyond(mode, (stream) => (stream.tail = 20));
    await settle();
    expect(sink.told).toEqual(["attached tail", "resized 80x24"]);
  });

  it.for(["log", "screen"] as const)("is told that it is gone if it does not come: a %s", async (mode) => {
    attachBeyond(mode, nothing);
    await settle();
    expect(sink.told[0]).toBe("attached beyond-tail");
  });

  it("is no log that begins anew while the rest is sure to come, however long that takes", async () => {
    attachBeyond("log", (stream, times) => (stream.tail = times < 5 ? 10 : 20), { isToCome: true, isFull: true });
    await settle();
    expect(sink.told).toEqual(["attached tail", "resized 80x24"]);
  });

  it("is a screen that does not wait for a full disk", async () => {
    let hasWaited = false;
    attachBeyond("screen", () => void (hasWaited = true), { isToCome: true, isFull: true });
    await settle();
    expect([hasWaited, sink.told[0]]).toEqual([false, "attached behind"]);
  });
});

describe("input on a connection to the host that is lost", () => {
  it("is asked for again from the first number that was not acknowledged", () => {
    for (const seq of [1, 2, 3]) type("w", seq);
    attachment.inputAcked(1, "w", 1);
    attachment.hostLost();
    expect(sink.told).toEqual(["acked w 1", "refused w 2 host-unavailable"]);
  });

  it("is not, if all of it was acknowledged", () => {
    type("w", 1);
    attachment.inputAcked(1, "w", 1);
    attachment.hostLost();
    expect(sink.told).toEqual(["acked w 1"]);
  });
});

describe("the writers of a view", () => {
  it("are remembered up to a bound; one that is forgotten is known again when it sends again", () => {
    for (let each = 0; each < 1000; each += 1) type(`w${each}`, 1);
    attachment.hostLost();
    expect(sink.told).toHaveLength(64);
    type("w0", 1);
    attachment.inputAcked(1, "w0", 1);
    expect(sink.told.at(-1)).toBe("acked w0 1");
  });
});

function nothing(): void {}

function view(runningTurn: string | null): { readonly viewer: Attachment; readonly notes: unknown[] } {
  const notes: unknown[] = [];
  const chat = { events: { key: { session: "s", stream: "events" }, conversation: { runningTurn } } };
  const session = {
    id: "s",
    chat,
    attachments: { delete: () => true },
    sizes: { remove: nothing },
    applyControl: nothing,
    changed: nothing,
  };
  const services = { clock: { now: () => 0 }, streams: { note: (note: unknown) => notes.push(note) } };
  const request = { ...VIEW, mode: "chat" } as const;
  return { viewer: new Attachment(session as unknown as Session, services as unknown as Services, request, sink), notes };
}

describe("a viewer of a conversation that ends", () => {
  it("is noted with its cause", () => {
    const { viewer, notes } = view(null);
    viewer.close("asked");
    expect(notes).toEqual([{ code: "stream.detached", session: "s", cause: "asked" }]);
    expect(sink.told).toEqual(["detached asked"]);
  });

  it("in mid-answer is noted as one that has not seen the end", () => {
    const { viewer, notes } = view("t");
    viewer.close("connection-closed");
    expect(notes).toEqual([{ code: "stream.aborted.client", session: "s", turn: "t", cause: "connection-closed" }]);
  });
});
