import { type ChatEvent, EMPTY_CONVERSATION, encodeOutput, encodeSnapshot, formatCursor, reduce } from "@perdure/protocol";
import { beforeEach, expect, test } from "vitest";
import { attachAtTail, channelOf, type ClientBench, clientBench } from "../testing/client-bench.ts";
import type { FakeSocket } from "../testing/fake-network.ts";
import { sessionInfo } from "../testing/fake-session.ts";
import { quiet } from "../testing/outbox-bench.ts";
import type { ChatCalls } from "./chat-calls.ts";
import { createChatClient } from "./chat-client.ts";
import type { ChatClient, ChatView } from "./chat-view.ts";
import { FRAME_MS } from "./frame.ts";
import { GATHER_MS } from "./stream-reporter.ts";

const encoder = new TextEncoder();
const begin = (turn: string): ChatEvent => ({ type: "turn.started", turn, run: "r", at: 1 });
const end = (turn: string): ChatEvent => ({ type: "turn.ended", turn, end: "completed", at: 1 });

let bench: ClientBench;
let reported: string[];
let logged: string[];
let chats: ChatClient;
let view: ChatView;

beforeEach(() => {
  bench = clientBench();
  [reported, logged] = [[], []];
  const calls: Partial<ChatCalls> = {
    stopTurn: () => Promise.resolve("interrupted"),
    reportStreams: (reports) => Promise.resolve(void reported.push(...reports.map(({ code, turn }) => `${code} ${turn}`))),
  };
  const { client, clock, surroundings } = bench;
  const onStream = ({ code }: { readonly code: string }): void => void logged.push(code);
  chats = createChatClient(client, calls as ChatCalls, { clock, surroundings, onStream });
  view = chats.open("s1", { visible: true });
});

function attach(socket: FakeSocket, events: readonly ChatEvent[]): void {
  const channel = channelOf(socket);
  socket.control({ type: "attached", channel, how: "first", cursor: formatCursor({ incarnation: 1, offset: 0 }), session: sessionInfo() });
  const data = encoder.encode(JSON.stringify(reduce(EMPTY_CONVERSATION, events)));
  socket.deliver(encodeSnapshot({ channel, offset: 0, cols: 1, rows: 1, data }));
}

function come(offset: number, event: ChatEvent): number {
  const data = encoder.encode(`${JSON.stringify(event)}\n`);
  bench.network.last.deliver(encodeOutput(channelOf(bench.network.last), offset, [data]));
  return offset + data.length;
}

async function gathered(): Promise<string[]> {
  bench.clock.advance(GATHER_MS);
  await quiet();
  return reported;
}

test("an answer is reported: stopped, shown to its end, and left in the middle as it stands then", async () => {
  attach(bench.network.accept(), [begin("t1")]);
  await view.stop();
  const at = come(0, end("t1"));
  bench.clock.advance(FRAME_MS);
  come(at, begin("t2"));
  view.close();
  chats.open("s1", { visible: true }).close();
  expect(await gathered()).toEqual(["client.stream.user-abort t1", "client.stream.done t1", "client.stream.view-remount t2"]);
  expect(logged).toEqual(["client.stream.user-abort", "client.stream.done", "client.stream.view-remount"]);
});

test("an outage under an answer is reported when there is a connection again, once; one without an answer is not", async () => {
  attach(bench.network.accept(), []);
  bench.network.last.break();
  bench.client.retryNow();
  attachAtTail(bench.network.accept(), 0);
  const at = come(0, begin("t1"));
  bench.clock.advance(FRAME_MS);
  bench.network.last.break();
  expect(await gathered()).toEqual([]);
  expect(logged).toEqual(["client.stream.reader-error"]);
  bench.client.retryNow();
  attachAtTail(bench.network.accept(), at);
  expect(await gathered()).toEqual(["client.stream.reader-error t1"]);
});

test("what is left when the page goes, or the client is closed, is said at once, and no outage", async () => {
  attach(bench.network.accept(), [begin("t1")]);
  view.close();
  bench.surroundings.happen("pagehide");
  expect(await gathered()).toEqual(["client.stream.view-remount t1"]);
  bench.client.retryNow();
  bench.network.accept();
  chats.open("s1", { visible: true });
  attach(bench.network.last, [begin("t1")]);
  chats.close();
  expect(reported).toEqual(["client.stream.view-remount t1", "client.stream.view-remount t1"]);
});
