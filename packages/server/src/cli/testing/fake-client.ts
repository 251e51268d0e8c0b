/**
 * A client without a connection, whose attachments are moved by the test; and sessions as a server would describe them.
 */
import type { Attachment, AttachOptions, Client, ConnectionState } from "@perdure/client";
import { formatCursor, type AttachedHow, type ChatSummary, type RunState, type SessionInfo } from "@perdure/protocol";

/** One attachment of the fake client: what was sent through it, and its viewer for the test to call. */
export class FakeAttachment implements Attachment {
  readonly cursor = undefined;
  readonly options: AttachOptions;
  readonly sent: string[] = [];
  readonly sizes: (readonly [number, number])[] = [];
  pendingBytes = 0;
  isDetached = false;
  #listeners: (() => void)[] = [];

  constructor(options: AttachOptions) {
    this.options = options;
  }

  send(data: Uint8Array): boolean {
    this.sent.push(Buffer.from(data).toString());
    this.pendingBytes += data.length;
    return true;
  }

  acknowledge(): void {
    this.pendingBytes = 0;
    for (const listener of this.#listeners) listener();
  }

  resize(cols: number, rows: number): void {
    this.sizes.push([cols, rows]);
  }

  recolour(): void {}

  takeControl(): void {}

  setVisible(): void {}

  onPending(listener: () => void): () => void {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== listener);
    };
  }

  detach(): void {
    this.isDetached = true;
  }

  attached(how: AttachedHow, session: SessionInfo): void {
    this.options.viewer.attached(how, session, 0);
  }

  /** Returns whether it was acknowledged. */
  output(text: string, offset: number): boolean {
    let isDone = false;
    this.options.viewer.output(Buffer.from(text), offset, () => (isDone = true));
    return isDone;
  }

  snapshot(text: string, offset: number): void {
    this.options.viewer.snapshot({ cols: 40, rows: 5, data: Buffer.from(text), offset }, () => undefined);
  }
}

export class FakeClient implements Client {
  state: ConnectionState = { is: "connected", since: 0 };
  readonly sessions = undefined;
  readonly attachments: FakeAttachment[] = [];
  retries = 0;
  #listeners: (() => void)[] = [];

  subscribe(listener: () => void): () => void {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== listener);
    };
  }

  become(state: ConnectionState): void {
    this.state = state;
    for (const listener of this.#listeners) listener();
  }

  subscribeSessions(): () => void {
    return () => undefined;
  }

  attach(options: AttachOptions): Attachment {
    const attachment = new FakeAttachment(options);
    this.attachments.push(attachment);
    return attachment;
  }

  attachment(index: number): FakeAttachment {
    const found = this.attachments[index];
    if (found === undefined) throw new Error(`there is no attachment ${index}`);
    return found;
  }

  retryNow(): void {
    this.retries += 1;
  }

  close(): void {}
}

export const running: RunState = { is: "running", pid: 7, at: 0 };
/** A session whose output ends at `end`. */
export function sessionInfo(state: RunState = running, end = 0): SessionInfo {
  return {
    id: "s1",
    name: "work",
    command: ["sh"],
    cwd: "/",
    createdAt: 0,
    lastActivityAt: 0,
    run: { id: "r1", number: 1, kind: "pty", state },
    size: { cols: 40, rows: 5 },
    watchers: [],
    attention: null,
    title: "",
    cursor: formatCursor({ incarnation: 1, offset: end }),
    notices: [],
    chat: null,
  };
}

/** What a session has to say of a conversation in which nothing has happened. */
export const IDLE_CHAT: ChatSummary = {
  agent: "demo",
  resumeId: null,
  view: "chat",
  state: "idle",
  model: null,
  messages: 0,
  queued: 0,
  approvals: 0,
  undecided: 0,
  title: "",
  preview: "",
  tokens: 0,
  costUsd: 0,
};
