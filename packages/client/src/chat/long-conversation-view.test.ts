// A conversation of which a page has the newest part, and asks for the rest.

import {
  type ChatEvent,
  EMPTY_CONVERSATION,
  encodeSnapshot,
  encodeSnapshotPart,
  formatCursor,
  newestPart,
  partBefore,
  reduce,
} from "@perdure/protocol";
import { expect, test } from "vitest";
import { attachConversation, chatBench } from "../testing/chat-bench.ts";
import { channelOf } from "../testing/client-bench.ts";
import { sessionInfo } from "../testing/fake-session.ts";
import type { ChatState } from "./chat-view.ts";

const encoder = new TextEncoder();
const told = (from: number, count: number): ChatEvent[] =>
  Array.from({ length: count }, (_, at): ChatEvent => {
    return { type: "notice", notice: `n${from + at}`, level: "info", code: "told", text: `${from + at} ${"x".repeat(1000)}`, at };
  });
const longOne = reduce(EMPTY_CONVERSATION, told(0, 1000));
const entryIds = ({ conversation }: ChatState): string[] => (conversation?.entries ?? []).map(({ id }) => id);
const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => `n${at}`);
const earlierCalls = { earlierPart: async (_: string, before: number) => partBefore(longOne, before) };

test("opens with its newest part, and is read to its beginning", async () => {
  const { network, view } = chatBench({ calls: earlierCalls });
  const socket = network.accept();
  attachConversation(socket, newestPart(longOne));
  expect(entryIds(view.state).length).toBeLessThan(200);
  for (let count = 0; count < 20 && view.state.conversation?.earlier !== 0; count += 1) await view.loadEarlier();
  expect(entryIds(view.state)).toEqual(numbered(1000));
});

test("keeps what was loaded when it begins anew, and asks for the newest part only", async () => {
  const { network, view, frame } = chatBench({ calls: earlierCalls });
  const socket = network.accept();
  attachConversation(socket, newestPart(longOne));
  await view.loadEarlier();
  const loaded = entryIds(view.state);
  const more = reduce(longOne, told(1000, 10));
  socket.deliver(
    encodeSnapshot({ channel: channelOf(socket), offset: 500, cols: 1, rows: 1, data: encoder.encode(JSON.stringify(newestPart(more))) }),
  );
  frame();
  expect(entryIds(view.state)).toEqual([...loaded, ...numbered(1010).slice(-10)]);
});

test("comes in parts", async () => {
  const { network, view } = chatBench({ calls: earlierCalls });
  const socket = network.accept();
  const channel = channelOf(socket);
  const data = encoder.encode(JSON.stringify(longOne));
  const cursor = formatCursor({ incarnation: 1, offset: 100 });
  socket.control({ type: "attached", channel, how: "first", cursor, session: sessionInfo() });
  for (let at = 0; at < data.length - 1000; at += 1000) socket.deliver(encodeSnapshotPart(channel, data.subarray(at, at + 1000)));
  const rest = Math.floor((data.length - 1001) / 1000) * 1000 + 1000;
  expect(view.state.conversation).toBeUndefined();
  socket.deliver(encodeSnapshot({ channel, offset: 100, cols: 1, rows: 1, data: data.subarray(rest) }));
  expect(entryIds(view.state)).toEqual(numbered(1000));
});

test("that cannot be read back this time stays as it is", async () => {
  const { network, view, problems } = chatBench({ calls: { earlierPart: () => Promise.reject(new Error("away")) } });
  const socket = network.accept();
  attachConversation(socket, newestPart(longOne));
  const before = view.state;
  await view.loadEarlier();
  expect(view.state).toBe(before);
  expect(problems).toHaveLength(1);
});
