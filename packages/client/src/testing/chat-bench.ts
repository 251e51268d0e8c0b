/** A page's view of one conversation, over a made-up connection and with a made-up server for its messages. */
import { type Conversation, EMPTY_CONVERSATION, encodeSnapshot, formatCursor } from "@perdure/protocol";
import type { ChatCalls } from "../chat/chat-calls.ts";
import { createChatClient } from "../chat/chat-client.ts";
import type { ChatState } from "../chat/chat-view.ts";
import { FRAME_MS } from "../chat/frame.ts";
import { createMemoryPendingInput } from "../pending-input.ts";
import { channelOf, clientBench } from "./client-bench.ts";
import { FakeMessageServer } from "./fake-message-server.ts";
import type { FakeSocket } from "./fake-network.ts";
import { sessionInfo } from "./fake-session.ts";

const encoder = new TextEncoder();

interface ChatBenchOptions {
  readonly calls?: Partial<ChatCalls>;
  /** A page that draws: the test takes its pictures. */
  readonly draws?: boolean;
}

export function chatBench({ calls, draws = false }: ChatBenchOptions = {}) {
  const pendingInput = createMemoryPendingInput();
  const bench = clientBench({ pendingInput });
  const server = new FakeMessageServer();
  let ids = 0;
  const pictures: (() => void)[] = [];
  const own: Pick<ChatCalls, "sendMessage" | "removeMessage"> = {
    sendMessage: (session, id, text) => server.sendMessage(session, id, text),
    removeMessage: (session, id) => server.removeMessage(session, id),
  };
  const chats = createChatClient(bench.client, { ...own, ...calls } as ChatCalls, {
    clock: bench.clock,
    random: { fraction: () => 0.5, id: () => (++ids).toString(16).padStart(32, "0") },
    askForPicture: draws ? (run) => void pictures.push(run) : undefined,
    onProblem: (error) => bench.problems.push(error),
  });
  const view = chats.open("s1", { visible: true });
  const seen: ChatState[] = [];
  view.subscribe(() => seen.push(view.state));
  const frame = (): void => bench.clock.advance(FRAME_MS);
  const takePicture = (): void => pictures.splice(0).forEach((run) => run());
  return { ...bench, pendingInput, server, chats, view, seen, frame, takePicture };
}

/** The first snapshot. */
export function attachConversation(socket: FakeSocket, conversation: Conversation = EMPTY_CONVERSATION, offset = 100): void {
  const channel = channelOf(socket);
  const cursor = formatCursor({ incarnation: 1, offset });
  socket.control({ type: "attached", channel, how: "first", cursor, session: sessionInfo() });
  socket.deliver(encodeSnapshot({ channel, offset, cols: 1, rows: 1, data: encoder.encode(JSON.stringify(conversation)) }));
}
