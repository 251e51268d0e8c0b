import { encodeInputAck, type InputRefusal, MAX_INPUT_BYTES } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { MAX_PENDING_BYTES } from "./outbox.ts";
import type { PendingInput } from "./pending-input.ts";
import { createMemoryPendingInput } from "./pending-input.ts";
import {
  attachAtTail,
  attachWithSnapshot,
  bytes,
  channelOf,
  clientBench,
  type ClientBench,
  inputs,
  settled,
  view,
} from "./testing/client-bench.ts";
import type { FakeSocket } from "./testing/fake-network.ts";
import { EXITED, sessionInfo } from "./testing/fake-session.ts";

const ack = (socket: FakeSocket, writer: string, seq: number, run = 1) =>
  socket.deliver(encodeInputAck({ channel: channelOf(socket), run, writer, seq }));

const refuse = (socket: FakeSocket, writer: string, seq: number, reason: InputRefusal, expected?: number, run = 1) =>
  socket.control({
    type: "input-refused",
    channel: channelOf(socket),
    writer,
    run,
    seq,
    reason,
    ...(expected === undefined ? {} : { expected }),
  });

async function attached(bench: ClientBench, session = sessionInfo()) {
  const one = view(bench.client);
  await settled();
  const socket = bench.network.accept();
  attachWithSnapshot(socket, 0, "", session);
  return { ...one, socket };
}

/** The connection breaks and comes back, and the server attaches the viewer again. */
function reconnect({ network, clock }: ClientBench, session = sessionInfo()): FakeSocket {
  network.last.break();
  clock.advance(1000);
  const socket = network.accept();
  attachAtTail(socket, 0, session);
  return socket;
}

/** A page types, and is gone before anything is acknowledged. */
async function leaveBehind(store: PendingInput, text: string) {
  const bench = clientBench({ pendingInput: store, name: "old" });
  const { attachment } = await attached(bench);
  for (const character of text) attachment.send(bytes(character));
  await settled();
}

describe("input", () => {
  test("is numbered from one, without gaps, and forgotten when it is acknowledged", async () => {
    const { attachment, socket } = await attached(clientBench());
    expect(attachment.send(bytes("a"))).toBe(true);
    expect(attachment.send(bytes("bc"))).toBe(true);
    expect(inputs(socket)).toEqual(["page-1/1/1:a", "page-1/1/2:bc"]);
    expect(attachment.pendingBytes).toBe(3);
    ack(socket, "page-1", 1);
    expect(attachment.pendingBytes).toBe(2);
    ack(socket, "page-1", 2);
    expect(attachment.pendingBytes).toBe(0);
    attachment.send(bytes("d"));
    expect(inputs(socket).at(-1)).toBe("page-1/1/3:d");
  });

  test("that is large goes in frames of 64 KiB", async () => {
    const { attachment, socket } = await attached(clientBench());
    attachment.send(new Uint8Array(MAX_INPUT_BYTES * 2 + 1));
    expect(socket.received.flatMap((frame) => (frame.is === "input" ? [frame.data.length] : []))).toEqual([
      MAX_INPUT_BYTES,
      MAX_INPUT_BYTES,
      1,
    ]);
  });

  test("that is not acknowledged is sent again after a reconnect, in order, under the same numbers", async () => {
    const bench = clientBench();
    const { attachment, socket } = await attached(bench);
    for (const text of ["a", "b", "c"]) attachment.send(bytes(text));
    ack(socket, "page-1", 1);
    bench.network.last.break();
    attachment.send(bytes("offline"));
    bench.clock.advance(1000);
    const again = bench.network.accept();
    expect(inputs(again)).toEqual([]);
    attachAtTail(again, 0);
    expect(inputs(again)).toEqual(["page-1/1/2:b", "page-1/1/3:c", "page-1/1/4:offline"]);
  });

  test("keeps the caller's bytes as they were", async () => {
    const bench = clientBench();
    const { attachment } = await attached(bench);
    const buffer = bytes("abc");
    attachment.send(buffer);
    buffer.fill(0);
    expect(inputs(reconnect(bench))).toEqual(["page-1/1/1:abc"]);
  });

  test("is not taken without a living run, or by a read-only viewer", async () => {
    const bench = clientBench();
    const late = view(bench.client);
    const socket = bench.network.accept();
    attachWithSnapshot(socket, 0, "", sessionInfo({ state: EXITED }));
    expect(late.attachment.send(bytes("x"))).toBe(false);
    const reader = view(bench.client, { readOnly: true });
    expect(reader.attachment.send(bytes("x"))).toBe(false);
    attachWithSnapshot(socket, 0, "");
    expect(reader.attachment.send(bytes("x"))).toBe(false);
    expect(inputs(socket)).toEqual([]);
  });

  test("that is typed before the first answer goes to the run that is then there", async () => {
    const bench = clientBench();
    const { attachment } = view(bench.client);
    expect(attachment.send(bytes("ear"))).toBe(true);
    const socket = bench.network.accept();
    expect(attachment.send(bytes("ly"))).toBe(true);
    expect(attachment.pendingBytes).toBe(5);
    attachWithSnapshot(socket, 0, "");
    await settled();
    attachment.send(bytes("later"));
    expect(inputs(socket)).toEqual(["page-1/1/1:early", "page-1/1/2:later"]);
  });

  test("that is typed before the first answer is offered back if no run is then there, and is bounded", async () => {
    const bench = clientBench();
    const { attachment, viewer } = view(bench.client);
    expect(attachment.send(new Uint8Array(MAX_PENDING_BYTES + 1))).toBe(false);
    expect(attachment.send(bytes("early"))).toBe(true);
    attachWithSnapshot(bench.network.accept(), 0, "", sessionInfo({ state: EXITED }));
    expect(viewer.all("refused")).toEqual([{ is: "refused", text: "early", reason: "run-ended" }]);
    expect(attachment.pendingBytes).toBe(0);
  });

  test("is not taken beyond one mebibyte, and is again when there is room", async () => {
    const { attachment, socket } = await attached(clientBench());
    expect(attachment.send(new Uint8Array(1024 * 1024))).toBe(true);
    expect(attachment.send(bytes("x"))).toBe(false);
    expect(attachment.pendingBytes).toBe(1024 * 1024);
    ack(socket, "page-1", 1);
    expect(attachment.send(bytes("x"))).toBe(true);
  });

  test("tells when something waits and when nothing does", async () => {
    const { attachment, socket } = await attached(clientBench());
    const seen: number[] = [];
    const unsubscribe = attachment.onPending(() => seen.push(attachment.pendingBytes));
    attachment.send(bytes("ab"));
    ack(socket, "page-1", 1);
    unsubscribe();
    attachment.send(bytes("c"));
    expect(seen).toEqual([2, 0]);
  });
});

describe("a run that ended", () => {
  test("while offline: what was typed for it is offered back in one piece, and never typed into the next", async () => {
    const bench = clientBench();
    const { attachment, viewer } = await attached(bench);
    attachment.send(bytes("sent "));
    bench.network.last.break();
    attachment.send(bytes("typed "));
    attachment.send(bytes("offline"));
    bench.clock.advance(1000);
    const socket = bench.network.accept();
    attachAtTail(socket, 0, sessionInfo({ run: 2 }));
    expect(inputs(socket)).toEqual(["page-1/1/1:sent ", "page-1/1/2:typed ", "page-1/1/3:offline"]);
    refuse(socket, "page-1", 1, "run-ended");
    expect(viewer.all("refused")).toEqual([{ is: "refused", text: "sent typed offline", reason: "run-ended" }]);
    refuse(socket, "page-1", 2, "run-ended");
    refuse(socket, "page-1", 3, "run-ended");
    expect(viewer.all("refused")).toHaveLength(1);
    expect(attachment.pendingBytes).toBe(0);
    attachment.send(bytes("new"));
    expect(inputs(socket).at(-1)).toMatch(/^page-\d+\/2\/1:new$/);
  });

  test("after it had taken the input: the late acknowledgement is enough, nothing is offered back", async () => {
    const bench = clientBench();
    const { attachment, viewer } = await attached(bench);
    attachment.send(bytes("exit\r"));
    const socket = reconnect(bench, sessionInfo({ state: EXITED }));
    ack(socket, "page-1", 1);
    expect(viewer.all("refused")).toEqual([]);
    expect(attachment.pendingBytes).toBe(0);
  });

  test("and whose number is another run now (a restored backup): nothing is sent to that one", async () => {
    const bench = clientBench();
    const { attachment, viewer } = await attached(bench);
    bench.network.last.break();
    attachment.send(bytes("rm -r build"));
    bench.clock.advance(1000);
    const socket = bench.network.accept();
    attachAtTail(socket, 0, sessionInfo({ run: 1, runId: "another" }));
    expect(inputs(socket)).toEqual([]);
    expect(viewer.all("refused")).toEqual([{ is: "refused", text: "rm -r build", reason: "unknown-run" }]);
  });

  test("with its session: what waits is offered back before the viewer is told", async () => {
    const { attachment, viewer, socket } = await attached(clientBench());
    attachment.send(bytes("lost?"));
    socket.control({ type: "detached", channel: channelOf(socket), reason: "deleted" });
    expect(viewer.seen.slice(-2)).toEqual([
      { is: "refused", text: "lost?", reason: "unknown-run" },
      { is: "gone", reason: "deleted" },
    ]);
  });
});

describe("a refusal for now", () => {
  test("gap: goes on from the number that the server expects", async () => {
    const { attachment, socket } = await attached(clientBench());
    for (const text of ["a", "b", "c", "d"]) attachment.send(bytes(text));
    refuse(socket, "page-1", 4, "gap", 3);
    expect(inputs(socket).slice(4)).toEqual(["page-1/1/3:c", "page-1/1/4:d"]);
    expect(attachment.pendingBytes).toBe(2);
  });

  test("gap that cannot be closed: offered back, and new input has a new writer", async () => {
    const { attachment, viewer, socket } = await attached(clientBench());
    attachment.send(bytes("a"));
    ack(socket, "page-1", 1);
    attachment.send(bytes("b"));
    refuse(socket, "page-1", 2, "gap", 1);
    expect(viewer.all("refused")).toEqual([{ is: "refused", text: "b", reason: "gap" }]);
    attachment.send(bytes("c"));
    expect(inputs(socket).at(-1)).toBe("page-2/1/1:c");
  });

  test.each(["queue-full", "host-unavailable"] as const)("%s: tried again in order, with back-off, until it is taken", async (reason) => {
    const bench = clientBench();
    const { attachment, socket } = await attached(bench);
    attachment.send(bytes("a"));
    attachment.send(bytes("b"));
    refuse(socket, "page-1", 1, reason);
    refuse(socket, "page-1", 2, "gap", 1);
    attachment.send(bytes("c"));
    expect(inputs(socket)).toHaveLength(2);
    bench.clock.advance(100);
    expect(inputs(socket).slice(2)).toEqual(["page-1/1/1:a", "page-1/1/2:b", "page-1/1/3:c"]);
    refuse(socket, "page-1", 1, reason);
    bench.clock.advance(199);
    expect(inputs(socket)).toHaveLength(5);
    bench.clock.advance(1);
    expect(inputs(socket)).toHaveLength(8);
    ack(socket, "page-1", 3);
    expect(attachment.pendingBytes).toBe(0);
    bench.clock.advance(60_000);
    expect(inputs(socket)).toHaveLength(8);
  });

  test("is tried again at least every five seconds, and not by a client that has lost its connection", async () => {
    const bench = clientBench();
    const { attachment, socket } = await attached(bench);
    attachment.send(bytes("a"));
    for (let time = 0; time < 20; time += 1) {
      refuse(socket, "page-1", 1, "queue-full");
      bench.clock.advance(5000);
    }
    expect(inputs(socket)).toHaveLength(21);
    refuse(socket, "page-1", 1, "queue-full");
    socket.break();
    bench.clock.advance(999);
    expect(inputs(socket)).toHaveLength(21);
  });
});

describe("after the page is loaded again", () => {
  test("what was not acknowledged is sent again to the same run, under the old numbers, before anything new", async () => {
    const store = createMemoryPendingInput();
    await leaveBehind(store, "abc");
    const bench = clientBench({ pendingInput: store, name: "new" });
    const { attachment, socket } = await attached(bench);
    attachment.send(bytes("later"));
    expect(inputs(socket)).toEqual(["old-1/1/1:a", "old-1/1/2:b", "old-1/1/3:c"]);
    expect(attachment.pendingBytes).toBe(8);
    ack(socket, "old-1", 3);
    expect(inputs(socket).slice(3)).toEqual(["new-1/1/1:later"]);
    ack(socket, "new-1", 1);
    await settled();
    expect(await store.load("s1")).toEqual([]);
  });

  test("and whose run has ended meanwhile, it is offered back together with what was typed since", async () => {
    const store = createMemoryPendingInput();
    await leaveBehind(store, "abc");
    const bench = clientBench({ pendingInput: store, name: "new" });
    const { attachment, viewer, socket } = await attached(bench);
    attachment.send(bytes("!"));
    refuse(socket, "old-1", 1, "run-ended");
    expect(viewer.all("refused")).toEqual([{ is: "refused", text: "abc!", reason: "run-ended" }]);
    await settled();
    expect(await store.load("s1")).toEqual([]);
  });

  test("and while the next run is already there, it is offered back and the next run is typed into at once", async () => {
    const store = createMemoryPendingInput();
    await leaveBehind(store, "abc");
    const bench = clientBench({ pendingInput: store, name: "new" });
    const { attachment, viewer, socket } = await attached(bench, sessionInfo({ run: 2 }));
    attachment.send(bytes("hello"));
    refuse(socket, "old-1", 1, "run-ended");
    expect(viewer.all("refused")).toEqual([{ is: "refused", text: "abc", reason: "run-ended" }]);
    expect(inputs(socket).at(-1)).toBe("new-1/2/1:hello");
  });

  test("a store that does not answer holds new input for three seconds, not for ever", async () => {
    const silent: PendingInput = { ...createMemoryPendingInput(), load: () => new Promise(() => undefined) };
    const bench = clientBench({ pendingInput: silent });
    const { attachment, socket } = await attached(bench);
    attachment.send(bytes("a"));
    expect(inputs(socket)).toEqual([]);
    bench.clock.advance(3000);
    expect(inputs(socket)).toEqual(["page-1/1/1:a"]);
  });

  test("a store that fails costs nothing but survival, and is reported", async () => {
    const broken: PendingInput = {
      put: () => Promise.reject(new Error("no put")),
      remove: () => Promise.reject(new Error("no remove")),
      load: () => Promise.reject(new Error("no load")),
    };
    const bench = clientBench({ pendingInput: broken });
    const { attachment, socket } = await attached(bench);
    attachment.send(bytes("a"));
    ack(socket, "page-1", 1);
    await settled();
    expect(attachment.pendingBytes).toBe(0);
    expect(bench.problems.map(String)).toEqual(["Error: no load", "Error: no put", "Error: no remove"]);
  });

  test("of two views of one page, each finishes its own input", async () => {
    const bench = clientBench();
    const { attachment, socket } = await attached(bench);
    attachment.send(bytes("mine"));
    const second = view(bench.client);
    await settled();
    attachWithSnapshot(socket, 0, "");
    expect(second.attachment.pendingBytes).toBe(0);
    expect(inputs(socket)).toEqual(["page-1/1/1:mine"]);
  });

  test("a view that was left and opened again finishes what it had begun", async () => {
    const bench = clientBench();
    const { attachment } = await attached(bench);
    attachment.send(bytes("begun"));
    attachment.detach();
    view(bench.client);
    await settled();
    attachWithSnapshot(bench.network.last, 0, "");
    expect(inputs(bench.network.last)).toEqual(["page-1/1/1:begun", "page-1/1/1:begun"]);
  });
});
