// A view of a conversation, as a page opens and leaves one: attached through the client library, its snapshot and events reduced.

import { EMPTY_CONVERSATION, parseChatEvent, reduce, type ChatEvent, type Conversation } from "@perdure/protocol";
import type { Attachment, Client } from "@perdure/client";
import { silentViewer } from "../harness/library-client.ts";
import { until } from "../harness/until.ts";
import { saidTo } from "./chat-talk.ts";

const LOOK_MS = 30_000;

export class ChatLook {
  readonly #attachment: Attachment;
  #conversation: Conversation | undefined;

  /** Opens a view that knows nothing yet. */
  constructor(client: Client, session: string) {
    this.#attachment = client.attach({
      session,
      mode: "chat",
      visible: true,
      viewer: silentViewer({
        snapshot: ({ data }, done) => {
          this.#conversation = JSON.parse(Buffer.from(data).toString()) as Conversation;
          done();
        },
        // The server sends whole lines.
        output: (data, _offset, done) => {
          const lines = Buffer.from(data).toString().split("\n");
          const events = lines.flatMap((line): ChatEvent[] => (line === "" ? [] : [parseChatEvent(line) ?? fail(line)]));
          this.#conversation = reduce(this.#conversation ?? EMPTY_CONVERSATION, events);
          done();
        },
      }),
    });
  }

  /** What is shown as the answer to this message. */
  said(input: string): string {
    return this.#conversation === undefined ? "" : saidTo(this.#conversation, input);
  }

  /** Resolves with what is shown as soon as these words are. */
  async untilSaid(input: string, words: string): Promise<string> {
    const isShown = (): boolean => this.said(input).includes(words);
    await until(`"${words}" in the view`, isShown, { timeoutMs: LOOK_MS, everyMs: 5, report: () => this.said(input) });
    return this.said(input);
  }

  close(): void {
    this.#attachment.detach();
  }
}

function fail(line: string): never {
  throw new Error(`no event: ${line.slice(0, 200)}`);
}
