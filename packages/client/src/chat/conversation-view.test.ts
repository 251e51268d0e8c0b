import {
  type ChatEvent,
  type Conversation,
  EMPTY_CONVERSATION,
  encodeOutput,
  encodeSnapshot,
  formatCursor,
  PerdureError,
} from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { createRest } from "../rest.ts";
import { attachConversation, chatBench } from "../testing/chat-bench.ts";
import { attachAtTail, channelOf } from "../testing/client-bench.ts";
import type { FakeSocket } from "../testing/fake-network.ts";
import { sessionInfo } from "../testing/fake-session.ts";
import { quiet } from "../testing/outbox-bench.ts";
import type { ChatState } from "./chat-view.ts";
import { CONTINUE_TEXT, MAX_UNREDUCED } from "./conversation-view.ts";
import { HIDDEN_FRAME_MS } from "./frame.ts";

const encoder = new TextEncoder();
const lines = (...events: readonly object[]): Uint8Array => encoder.encode(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
const accepted = (input: string, text = input): ChatEvent => ({ type: "input.accepted", input, text, at: 1 });
const title = (text: string): ChatEvent => ({ type: "session.title", title: text, at: 1 });

/** Sends pieces of output one behind the other; answers where the next begins. */
function output(socket: FakeSocket, offset: number, ...pieces: readonly Uint8Array[]): number {
  return pieces.reduce((at, piece) => {
    socket.deliver(encodeOutput(channelOf(socket), at, [piece]));
    return at + piece.length;
  }, offset);
}

/** In how many places each text is shown. */
const places = ({ conversation, outgoing }: ChatState): string[] => [
  ...outgoing.map(({ text }) => text),
  ...(conversation?.queue ?? []).map((id) => conversation?.inputs[id]?.text ?? ""),
];

function withServer(answers: readonly Response[]) {
  const asked: string[] = [];
  const waiting = [...answers];
  const fakeFetch = (url: string, init: RequestInit): Promise<Response> => {
    asked.push(`${init.method} ${url} ${typeof init.body === "string" ? init.body : ""}`.trim());
    return Promise.resolve(waiting.shift() ?? new Response(null, { status: 204 }));
  };
  const rest = createRest({ baseUrl: "", fetch: fakeFetch as typeof fetch });
  return { ...chatBench({ calls: rest }), asked };
}

const acks = (socket: FakeSocket): number[] => socket.received.flatMap((frame) => (frame.is === "ack" ? [frame.offset] : []));

describe("a conversation", () => {
  test("is there with the first snapshot, at once", () => {
    const { network, view, seen } = chatBench();
    expect(view.state).toEqual({ conversation: undefined, session: undefined, outgoing: [], gone: undefined });
    const socket = network.accept();
    expect(socket.sent("attach")).toMatchObject([{ session: "s1", mode: "chat", visible: true }]);
    attachConversation(socket, { ...EMPTY_CONVERSATION, title: "Hello" });
    expect(view.state).toMatchObject({ conversation: { title: "Hello" }, session: { id: "s1" } });
    expect(seen).toEqual([view.state]);
  });

  test("follows its events, once a frame, and only what changed is new", () => {
    const { network, view, seen, frame } = chatBench();
    attachConversation(network.accept());
    const end = output(network.last, 100, lines(accepted("a")), lines(accepted("b")));
    expect(seen).toHaveLength(1);
    frame();
    expect(seen).toHaveLength(2);
    const before = view.state.conversation;
    expect(before?.queue).toEqual(["a", "b"]);
    output(network.last, end, lines(title("New")));
    frame();
    expect(view.state.conversation).toMatchObject({ title: "New" });
    expect(view.state.conversation?.inputs).toBe(before?.inputs);
  });

  test("sends again what a server has lost that was put back to an earlier time", async () => {
    const { network, view, server, clock, frame } = chatBench();
    attachConversation(network.accept());
    const id = await view.send("hello");
    await quiet();
    expect([...server.taken.keys()]).toEqual([id]);
    expect(places(view.state)).toEqual(["hello"]);
    network.last.break();
    server.taken.clear();
    clock.advance(1000);
    attachConversation(network.accept());
    await quiet();
    expect([...server.taken.keys()]).toEqual([id]);
    expect(places(view.state)).toEqual(["hello"]);
    output(network.last, 100, lines(accepted(id, "hello")));
    frame();
    await quiet();
    expect(view.state.outgoing).toEqual([]);
    expect(server.asked).toEqual(["send hello", "send hello"]);
  });

  test("puts together what is cut in the middle of a line, of a character and of the connection", () => {
    const { network, view, clock, frame } = chatBench();
    attachConversation(network.accept());
    const bytes = lines(title("Grüße 🎉"), accepted("a"));
    const cuts = Array.from(bytes.subarray(0, -9), (byte) => Uint8Array.of(byte));
    const end = output(network.last, 100, ...cuts);
    network.last.break();
    clock.advance(1000);
    attachAtTail(network.accept(), end);
    output(network.last, end, bytes.subarray(-9));
    frame();
    expect(view.state.conversation).toMatchObject({ title: "Grüße 🎉", queue: ["a"] });
  });

  test("is replaced by the snapshot that a viewer gets that lags behind", () => {
    const { network, view, frame } = chatBench();
    attachConversation(network.accept());
    output(network.last, 100, lines(accepted("a")), encoder.encode('{"type":"session.ti'));
    const channel = channelOf(network.last);
    const late = { ...EMPTY_CONVERSATION, title: "Later" };
    network.last.deliver(encodeSnapshot({ channel, offset: 900, cols: 1, rows: 1, data: encoder.encode(JSON.stringify(late)) }));
    output(network.last, 900, lines(accepted("b")));
    frame();
    expect(view.state.conversation).toMatchObject({ title: "Later", queue: ["b"] });
  });

  test("stays as it is shown when a snapshot cannot be read, and says so", () => {
    const { network, view, frame, problems } = chatBench();
    attachConversation(network.accept(), { ...EMPTY_CONVERSATION, title: "Hello" });
    output(network.last, 100, lines(accepted("a")));
    frame();
    const channel = channelOf(network.last);
    network.last.deliver(encodeSnapshot({ channel, offset: 900, cols: 1, rows: 1, data: encoder.encode('{"title":') }));
    frame();
    expect(view.state.conversation).toMatchObject({ title: "Hello", queue: ["a"] });
    expect(problems).toHaveLength(1);
  });

  test("passes over what is no event, and over events that it does not know", () => {
    const { network, view, frame } = chatBench();
    attachConversation(network.accept());
    output(network.last, 100, encoder.encode("garbage\n\n{}\n"), lines({ type: "of.a.later.release", at: 1 }, accepted("a")));
    frame();
    expect(view.state.conversation).toEqual({ ...EMPTY_CONVERSATION, queue: ["a"], inputs: { a: expect.anything() as never } });
  });

  test("of an older server has what that does not say yet", () => {
    const { network, view } = chatBench();
    attachConversation(network.accept(), { title: "Old" } as Conversation);
    expect(view.state.conversation).toEqual({ ...EMPTY_CONVERSATION, title: "Old" });
  });

  test("is acknowledged when it is parsed, also the snapshot", () => {
    const { network, clock } = chatBench();
    attachConversation(network.accept());
    expect(acks(network.last)).toEqual([100]);
    const end = output(network.last, 100, lines(accepted("a")));
    clock.advance(50);
    expect(acks(network.last)).toEqual([100, end]);
  });

  test("stands as it was while there is no connection, and goes on where it stood", () => {
    const { network, view, clock, frame } = chatBench();
    attachConversation(network.accept());
    const end = output(network.last, 100, lines(accepted("a")));
    frame();
    const before = view.state.conversation;
    network.last.break();
    clock.advance(1000);
    expect(view.state.conversation).toBe(before);
    expect(network.accept().sent("attach")).toMatchObject([{ cursor: formatCursor({ incarnation: 1, offset: end }) }]);
  });

  test("that is deleted, or does not exist, says so and keeps what it showed", () => {
    const { network, view } = chatBench();
    attachConversation(network.accept(), { ...EMPTY_CONVERSATION, title: "Hello" });
    network.last.control({ type: "detached", channel: channelOf(network.last), reason: "deleted" });
    expect(view.state).toMatchObject({ gone: "deleted", conversation: { title: "Hello" } });
    const unknown = chatBench();
    const socket = unknown.network.accept();
    socket.control({ type: "error", channel: channelOf(socket), code: "unknown-session", message: "", correlation: "" });
    expect(unknown.view.state).toMatchObject({ gone: "unknown", conversation: undefined });
  });

  test("whose snapshot cannot be read is reported, not shown", () => {
    const { network, view, problems } = chatBench();
    attachConversation(network.accept());
    const before = view.state.conversation;
    const channel = channelOf(network.last);
    network.last.deliver(encodeSnapshot({ channel, offset: 900, cols: 1, rows: 1, data: encoder.encode("{") }));
    expect(problems).toHaveLength(1);
    expect(view.state.conversation).toBe(before);
  });

  test("that is closed hears nothing more", () => {
    const { network, view, seen, clock } = chatBench();
    attachConversation(network.accept());
    output(network.last, 100, lines(accepted("a")));
    view.close();
    clock.advance(1000);
    expect(seen).toHaveLength(1);
    expect(network.last.sent("detach")).toHaveLength(1);
  });
});

describe("a page that draws", () => {
  test("is told with its next picture", () => {
    const { network, seen, takePicture } = chatBench({ draws: true });
    attachConversation(network.accept());
    takePicture();
    output(network.last, 100, lines(accepted("a")), lines(accepted("b")));
    expect(seen).toHaveLength(1);
    takePicture();
    expect(seen).toHaveLength(2);
  });

  test("is told all the same while it is hidden and draws nothing", () => {
    const { network, seen, clock, takePicture } = chatBench({ draws: true });
    attachConversation(network.accept());
    const end = output(network.last, 100, lines(accepted("a")));
    clock.advance(HIDDEN_FRAME_MS);
    expect(seen).toHaveLength(2);
    output(network.last, end, lines(accepted("b")));
    // The picture of the first asking is late: it brings what there is, once.
    takePicture();
    clock.advance(HIDDEN_FRAME_MS);
    expect(seen).toHaveLength(3);
  });

  test("does not heap up events", () => {
    const { network, view, takePicture } = chatBench({ draws: true });
    attachConversation(network.accept());
    output(network.last, 100, lines(...Array.from({ length: MAX_UNREDUCED + 1 }, (_, index) => title(`${index}`))));
    takePicture();
    expect(view.state.conversation?.title).toBe(`${MAX_UNREDUCED}`);
  });
});

describe("a message on its way", () => {
  test("is in `outgoing` until its event has come: no gap, no double", async () => {
    const { network, view, seen, frame } = chatBench();
    attachConversation(network.accept());
    const id = await view.send("hello");
    await quiet();
    expect(view.state.outgoing).toMatchObject([{ id, text: "hello" }]);
    output(network.last, 100, lines(accepted(id, "hello")));
    frame();
    expect(view.state).toMatchObject({ outgoing: [], conversation: { queue: [id] } });
    for (const state of seen.slice(1)) expect(places(state)).toEqual(["hello"]);
  });

  test("leaves `outgoing` with its event, though the answer has not come, and is not sent again", async () => {
    const { network, view, seen, server, frame, chats, clock } = chatBench();
    server.fate = () => "lose-answer";
    attachConversation(network.accept());
    const id = await view.send("hello");
    await quiet();
    output(network.last, 100, lines(accepted(id, "hello")));
    frame();
    await quiet();
    clock.advance(60_000);
    await quiet();
    expect(chats.outgoing.messages).toEqual([]);
    expect(server.asked).toHaveLength(1);
    for (const state of seen.slice(1)) expect(places(state)).toEqual(["hello"]);
  });

  test("is counted for all sessions, and shown in its own", async () => {
    const { chats, view } = chatBench();
    const other = chats.open("s2", { visible: false });
    await view.send("one");
    await other.send("two");
    expect(chats.outgoing.messages.map(({ text }) => text)).toEqual(["one", "two"]);
    expect(view.state.outgoing.map(({ text }) => text)).toEqual(["one"]);
    expect(other.state.outgoing.map(({ text }) => text)).toEqual(["two"]);
    const { outgoing } = view.state;
    await other.send("three");
    expect(view.state.outgoing).toBe(outgoing);
  });

  test("waits for the connection, and can be edited and removed meanwhile", async () => {
    const { network, view, server } = chatBench();
    const [one, two] = [await view.send("one"), await view.send("two")];
    await view.edit(one, "uno");
    await view.remove(two);
    attachConversation(network.accept());
    await quiet();
    expect(server.texts).toEqual(["uno"]);
  });
});

describe("what the user decides", () => {
  test("goes to the server: stop, answers, settings, offers", async () => {
    const { view, asked } = withServer([
      Response.json({ outcome: "interrupted" }),
      ...Array.from({ length: 3 }, () => Response.json(null)),
      Response.json(sessionInfo()),
    ]);
    expect(await view.stop()).toBe("interrupted");
    await view.answer("a/1", "yes");
    await view.answer("a/1", "no", "never");
    await view.choose({ model: "big" });
    await view.recover("retry", "i1");
    expect(asked).toEqual([
      "POST /api/sessions/s1/stop {}",
      'POST /api/sessions/s1/approvals/a%2F1 {"option":"yes"}',
      'POST /api/sessions/s1/approvals/a%2F1 {"option":"no","note":"never"}',
      'PATCH /api/sessions/s1/agent {"model":"big"}',
      'POST /api/sessions/s1/recover {"offer":"retry","input":"i1"}',
    ]);
    await expect(view.recover("sign-in")).rejects.toBeInstanceOf(PerdureError);
  });

  test("about a message that waits with the server goes there, and what the server says comes back", async () => {
    const sent = Response.json({ error: { code: "message-sent", message: "Too late.", correlation: "c" } }, { status: 409 });
    const { view, asked } = withServer([Response.json(null), sent]);
    await view.edit("m1", "new");
    await expect(view.remove("m1")).rejects.toMatchObject({ code: "message-sent", message: "Too late." });
    expect(asked).toEqual(['PATCH /api/sessions/s1/messages/m1 {"text":"new"}', "DELETE /api/sessions/s1/messages/m1"]);
  });

  test("says the message of a turn again, or asks the agent to go on, as a new message", async () => {
    const { view, network, server } = chatBench();
    const turn = { id: "t1", run: "r1", input: "i1", state: "interrupted", isStopping: false, startedAt: 0 } as const;
    const input = { id: "i1", text: "do it", state: "consumed", acceptedAt: 0 } as const;
    attachConversation(network.accept(), { ...EMPTY_CONVERSATION, turns: { t1: turn }, inputs: { i1: input } });
    expect(await view.again("t1", "retry")).not.toBe("i1");
    await view.again("t1", "continue");
    await quiet();
    expect(server.texts).toEqual(["do it", CONTINUE_TEXT]);
    await expect(view.again("t9", "retry")).rejects.toMatchObject({ code: "not-found" });
  });
});

test("what waits to be typed into the session's terminal is left alone", async () => {
  const { network, pendingInput } = chatBench();
  const record = { session: "s1", runId: "run-1", run: 1, writer: "w", seq: 1, bytes: Uint8Array.of(65) };
  await pendingInput.put(record);
  attachConversation(network.accept());
  await quiet();
  expect(network.last.received.filter(({ is }) => is === "input")).toEqual([]);
  expect(await pendingInput.load("s1")).toEqual([record]);
});
