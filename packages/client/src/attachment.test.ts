import { CLOSE, encodeOutput, encodeSnapshot, formatCursor } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { attachAtTail, attachWithSnapshot, bytes, channelOf, clientBench, output, settled, view } from "./testing/client-bench.ts";
import type { FakeSocket } from "./testing/fake-network.ts";
import { EXITED, sessionInfo } from "./testing/fake-session.ts";
import { RecordingViewer } from "./testing/recording-viewer.ts";

const at = (offset: number, incarnation = 1) => formatCursor({ incarnation, offset });

function acks(socket: FakeSocket): number[] {
  return socket.received.flatMap((frame) => (frame.is === "ack" ? [frame.offset] : []));
}

describe("attaching", () => {
  test("asks for what the viewer is, once there is a connection", () => {
    const { client, network } = clientBench();
    view(client, { cols: 100, rows: 30, cursor: at(5), readOnly: true });
    expect(network.last.sent("attach")).toEqual([]);
    const socket = network.accept();
    expect(socket.sent("attach")).toEqual([
      { type: "attach", channel: 1, session: "s1", mode: "screen", cursor: at(5), cols: 100, rows: 30, visible: true, readOnly: true },
    ]);
  });

  test("draws the snapshot and what follows it", () => {
    const { client, network } = clientBench();
    const { viewer, attachment } = view(client);
    const socket = network.accept();
    expect(attachment.cursor).toBeUndefined();
    attachWithSnapshot(socket, 100, "screen");
    output(socket, 100, " and more");
    expect(viewer.shown).toBe("screen and more");
    expect(viewer.all("attached")).toEqual([{ is: "attached", how: "first", awayMs: 0 }]);
    expect(attachment.cursor).toBe(at(109));
  });

  test("again continues at the end of what the viewer was given, though it has not parsed it yet", () => {
    const { client, network, clock } = clientBench();
    const viewer = new RecordingViewer({ isLazy: true });
    const { attachment } = view(client, { viewer });
    const first = network.accept();
    attachWithSnapshot(first, 100, "screen");
    output(first, 100, "abc");
    viewer.parse(1);
    expect(attachment.cursor).toBe(at(100));
    first.break();
    clock.advance(1000);
    const second = network.accept();
    expect(second.sent("attach")).toMatchObject([{ cursor: at(103) }]);
    attachAtTail(second, 103);
    output(second, 103, "def");
    viewer.parse();
    expect(viewer.shown).toBe("screenabcdef");
    expect(attachment.cursor).toBe(at(106));
  });

  test("again cuts what the viewer already has", () => {
    const { client, network, clock } = clientBench();
    const { viewer } = view(client);
    attachWithSnapshot(network.accept(), 0, "");
    output(network.last, 0, "abcdef");
    network.last.break();
    clock.advance(1000);
    const socket = network.accept();
    attachAtTail(socket, 2);
    output(socket, 2, "cd");
    output(socket, 4, "efgh");
    output(socket, 8, "i");
    expect(viewer.shown).toBe("abcdefghi");
  });

  test("tells how long the connection was gone, counted from the last that was heard", () => {
    const { client, network, clock } = clientBench();
    const { viewer } = view(client);
    attachWithSnapshot(network.accept(), 0, "");
    clock.advance(5000);
    network.last.break();
    clock.advance(1000);
    network.last.break();
    clock.advance(2000);
    attachAtTail(network.accept(), 0);
    expect(viewer.all("attached").map(({ awayMs }) => awayMs)).toEqual([0, 8000]);
  });

  test("after a missing piece drops the connection and starts anew", () => {
    const { client, network, clock, problems } = clientBench();
    const { viewer } = view(client);
    const socket = network.accept();
    attachWithSnapshot(socket, 0, "a");
    output(socket, 1, "must not be drawn");
    expect(socket.closedBy).toBe(CLOSE.badMessage);
    expect(problems).toMatchObject([{ code: "bad-message" }]);
    clock.advance(1000);
    expect(network.accept().sent("attach")[0]).not.toHaveProperty("cursor");
    attachWithSnapshot(network.last, 50, "fresh");
    expect(viewer.shown).toBe("fresh");
  });

  test("to the log after a missing piece asks again for the same place, so nothing comes twice", () => {
    const { client, network, clock } = clientBench();
    view(client, { mode: "log", cursor: at(3) });
    attachAtTail(network.accept(), 3);
    output(network.last, 9, "later");
    clock.advance(1000);
    expect(network.accept().sent("attach")).toMatchObject([{ cursor: at(3) }]);
  });

  test("keeps the old place until the snapshot has come, because the old screen is still shown", () => {
    const { client, network, clock } = clientBench();
    const { viewer } = view(client);
    attachWithSnapshot(network.accept(), 0, "old");
    network.last.break();
    clock.advance(1000);
    const cut = network.accept();
    cut.control({ type: "attached", channel: channelOf(cut), how: "incarnation", cursor: at(900, 2), session: sessionInfo() });
    cut.break();
    clock.advance(2000);
    expect(network.accept().sent("attach")).toMatchObject([{ cursor: at(0) }]);
    expect(viewer.shown).toBe("old");
  });

  test("in another incarnation starts at the snapshot's place in it", () => {
    const { client, network, clock } = clientBench();
    const { viewer, attachment } = view(client);
    attachWithSnapshot(network.accept(), 70, "old");
    network.last.break();
    clock.advance(1000);
    const socket = network.accept();
    socket.control({ type: "attached", channel: channelOf(socket), how: "incarnation", cursor: at(40, 2), session: sessionInfo() });
    socket.deliver(encodeSnapshot({ channel: channelOf(socket), offset: 40, cols: 80, rows: 24, data: bytes("new") }));
    output(socket, 40, "!");
    expect(viewer.shown).toBe("new!");
    expect(attachment.cursor).toBe(at(41, 2));
  });

  test("to the log starts at the oldest kept byte when the cursor cannot be continued", () => {
    const { client, network } = clientBench();
    const { viewer, attachment } = view(client, { mode: "log", cursor: at(10) });
    const socket = network.accept();
    socket.control({ type: "attached", channel: 1, how: "trimmed", cursor: at(500), session: sessionInfo() });
    output(socket, 500, "kept");
    expect(viewer.all("output")).toEqual([{ is: "output", text: "kept", offset: 500 }]);
    expect(attachment.cursor).toBe(at(504));
  });

  test("takes a snapshot in the middle, when it lagged", () => {
    const { client, network } = clientBench();
    const { viewer, attachment } = view(client);
    const socket = network.accept();
    attachWithSnapshot(socket, 0, "a");
    socket.deliver(encodeSnapshot({ channel: 1, offset: 5_000_000, cols: 80, rows: 24, data: bytes("now") }));
    output(socket, 5_000_000, "!");
    expect(viewer.shown).toBe("now!");
    expect(attachment.cursor).toBe(at(5_000_001));
  });

  test("does not count pieces from before a snapshot as progress after it", () => {
    const { client, network } = clientBench();
    const viewer = new RecordingViewer({ isLazy: true });
    const { attachment } = view(client, { viewer });
    const socket = network.accept();
    attachWithSnapshot(socket, 0, "");
    viewer.parse();
    output(socket, 0, "abc");
    socket.deliver(encodeSnapshot({ channel: 1, offset: 1, cols: 80, rows: 24, data: bytes("lower") }));
    viewer.parse(1);
    expect(attachment.cursor).toBe(at(0));
    viewer.parse(1);
    expect(attachment.cursor).toBe(at(1));
  });

  test("is not repeated for a viewer that has a mebibyte to parse, until it has", () => {
    const { client, network, clock } = clientBench();
    const viewer = new RecordingViewer({ isLazy: true });
    view(client, { viewer });
    attachWithSnapshot(network.accept(), 0, "");
    viewer.parse();
    for (let part = 0; part <= 16; part += 1) output(network.last, part * 65_536, "x".repeat(65_536));
    network.last.break();
    clock.advance(1000);
    const socket = network.accept();
    expect(socket.sent("attach")).toEqual([]);
    viewer.parse(1);
    expect(socket.sent("attach")).toMatchObject([{ cursor: at(17 * 65_536) }]);
  });

  test("tells what the viewer changed while it was asked", () => {
    const { client, network } = clientBench();
    const { attachment } = view(client, { cols: 80, rows: 24 });
    const socket = network.accept();
    attachment.resize(100, 40);
    attachment.setVisible(false);
    expect(socket.sent("resize")).toEqual([]);
    attachWithSnapshot(socket, 0, "");
    expect(socket.sent("resize")).toEqual([{ type: "resize", channel: 1, cols: 100, rows: 40 }]);
    expect(socket.sent("visible")).toEqual([{ type: "visible", channel: 1, visible: false }]);
    attachment.setVisible(true);
    expect(socket.sent("visible")).toHaveLength(2);
  });

  test("tells its colours with its size, and takes control when it is asked to, once it is attached", () => {
    const palette = Array.from({ length: 16 }, () => "#000000");
    const dark = { foreground: "#ffffff", background: "#000000", cursor: "#ffffff", palette };
    const light = { ...dark, foreground: "#000000", background: "#ffffff" };
    const { client, network } = clientBench();
    const { attachment } = view(client, { cols: 80, rows: 24, colours: dark });
    const socket = network.accept();
    expect(socket.sent("attach")).toMatchObject([{ cols: 80, colours: dark }]);
    attachment.takeControl();
    attachment.recolour(light);
    expect(socket.sent("resize")).toEqual([]);
    attachWithSnapshot(socket, 0, "");
    attachment.takeControl();
    const told = { type: "resize", channel: 1, cols: 80, rows: 24, colours: light };
    expect(socket.sent("resize")).toEqual([told, { ...told, control: true }]);
  });

  test("passes on sizes in order with the output, and none twice", () => {
    const { client, network } = clientBench();
    const { viewer } = view(client);
    const socket = network.accept();
    attachWithSnapshot(socket, 10, "s");
    socket.control({ type: "resized", channel: 1, offset: 9, cols: 1, rows: 1 });
    output(socket, 10, "a");
    socket.control({ type: "resized", channel: 1, offset: 11, cols: 90, rows: 20 });
    output(socket, 11, "b");
    expect(viewer.seen.slice(1).map((one) => one.is)).toEqual(["snapshot", "output", "resized", "output"]);
    expect(viewer.all("resized")).toEqual([{ is: "resized", cols: 90, rows: 20 }]);
  });

  test("ends for good when the session is unknown or deleted", () => {
    const { client, network, clock } = clientBench();
    const unknown = view(client, { session: "nowhere" });
    const deleted = view(client, { session: "s2" });
    const socket = network.accept();
    socket.control({ type: "error", channel: 1, code: "unknown-session", message: "There is none.", correlation: "c" });
    socket.control({ type: "detached", channel: 2, reason: "deleted" });
    expect(unknown.viewer.seen).toEqual([{ is: "gone", reason: "unknown" }]);
    expect(deleted.viewer.seen).toEqual([{ is: "gone", reason: "deleted" }]);
    socket.break();
    clock.advance(1000);
    expect(network.accept().sent("attach")).toEqual([]);
    expect(unknown.attachment.send(bytes("x"))).toBe(false);
  });

  test("is tried again, on a new channel and with back-off, when the server failed at it", () => {
    const { client, network, clock, problems } = clientBench();
    const { viewer } = view(client);
    const socket = network.accept();
    socket.control({ type: "error", channel: 1, code: "storage-full", message: "Disk full.", correlation: "c1" });
    expect(problems).toMatchObject([{ code: "storage-full" }]);
    clock.advance(1000);
    socket.control({ type: "error", channel: 2, code: "something-new", message: "?", correlation: "c2" });
    clock.advance(1999);
    expect(socket.sent("attach").map(({ channel }) => channel)).toEqual([1, 2]);
    clock.advance(1);
    attachWithSnapshot(socket, 0, "at last");
    expect(viewer.shown).toBe("at last");
  });

  test("is over when the viewer detaches: late frames are for nobody", () => {
    const { client, network } = clientBench();
    const { viewer, attachment } = view(client);
    const socket = network.accept();
    attachWithSnapshot(socket, 0, "a");
    attachment.detach();
    attachment.detach();
    output(socket, 0, "b");
    socket.control({ type: "detached", channel: 1, reason: "asked" });
    expect(socket.sent("detach")).toEqual([{ type: "detach", channel: 1 }]);
    expect(viewer.shown).toBe("a");
    expect(attachment.send(bytes("x"))).toBe(false);
  });

  test("carries several sessions on one connection, each on its own channel", () => {
    const { client, network } = clientBench();
    const socket = network.accept();
    const one = view(client, { session: "s1" });
    attachWithSnapshot(socket, 0, "one");
    const two = view(client, { session: "s2" });
    attachWithSnapshot(socket, 9, "two", sessionInfo({ id: "s2" }));
    socket.deliver(encodeOutput(1, 0, [bytes("!")]));
    socket.deliver(encodeOutput(2, 9, [bytes("?")]));
    expect([one.viewer.shown, two.viewer.shown]).toEqual(["one!", "two?"]);
  });

  test("passes on what changes in its session", () => {
    const { client, network } = clientBench();
    const { viewer } = view(client);
    const socket = network.accept();
    attachWithSnapshot(socket, 0, "");
    socket.control({ type: "session", session: sessionInfo({ state: EXITED }) });
    socket.control({ type: "session", session: sessionInfo({ id: "another" }) });
    expect(viewer.all("session").map(({ session }) => session.id)).toEqual(["s1"]);
  });
});

describe("acknowledging", () => {
  test("happens at once after a pause, then every 50 ms or 64 KiB", () => {
    const { client, network, clock } = clientBench();
    view(client);
    const socket = network.accept();
    attachWithSnapshot(socket, 7, "s");
    expect(acks(socket)).toEqual([7]);
    output(socket, 7, "a");
    output(socket, 8, "b");
    expect(acks(socket)).toEqual([7]);
    clock.advance(50);
    expect(acks(socket)).toEqual([7, 9]);
    output(socket, 9, "x".repeat(65_536));
    expect(acks(socket)).toEqual([7, 9, 65_545]);
    clock.advance(1000);
    output(socket, 65_545, "c");
    expect(acks(socket)).toEqual([7, 9, 65_545, 65_546]);
  });

  test("waits for the viewer's parsing", () => {
    const { client, network, clock } = clientBench();
    const viewer = new RecordingViewer({ isLazy: true });
    view(client, { viewer });
    const socket = network.accept();
    attachWithSnapshot(socket, 0, "s");
    output(socket, 0, "abc");
    clock.advance(1000);
    expect(acks(socket)).toEqual([]);
    viewer.parse();
    clock.advance(50);
    expect(acks(socket)).toEqual([0, 3]);
  });

  test("on a new connection does not repeat what the cursor has said", () => {
    const { client, network, clock } = clientBench();
    const viewer = new RecordingViewer({ isLazy: true });
    view(client, { viewer });
    attachWithSnapshot(network.accept(), 0, "");
    output(network.last, 0, "abc");
    network.last.break();
    clock.advance(1000);
    const socket = network.accept();
    attachAtTail(socket, 3);
    viewer.parse();
    clock.advance(1000);
    expect(acks(socket)).toEqual([]);
    output(socket, 3, "d");
    viewer.parse();
    expect(acks(socket)).toEqual([4]);
  });
});

test("a client without a store and without viewers leaves nothing behind", async () => {
  const { client, clock, network } = clientBench();
  network.accept();
  const { attachment } = view(client);
  attachment.detach();
  await settled();
  client.close();
  expect(clock.timers).toBe(0);
});
