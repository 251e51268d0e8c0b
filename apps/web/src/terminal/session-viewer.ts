/**
 * One session on one screen: attaches, draws what comes, sends what the user does, and tells the page what to say around it.
 * A store for the page; it draws nothing itself.
 */
import type { Attachment, Client, Viewer } from "@perdure/client";
import { isAlive, type InputRefusal, type SessionInfo } from "@perdure/protocol";
import { reconnectedWords } from "../live/connection-words.ts";
import type { ReadingPlace } from "./reading/reading-place.ts";
import { isSameSize, type Size } from "./screen-fit.ts";
import type { TerminalScreen } from "./terminal-screen.ts";
import { countUnsent } from "./unsent.ts";

/** Text that its run did not live to read. */
export interface ReturnedText {
  readonly id: number;
  readonly text: string;
  readonly reason: InputRefusal;
}

export interface ViewerState {
  readonly session: SessionInfo | undefined;
  /** The first screen has been drawn. */
  readonly isDrawn: boolean;
  /** The session's size where it is not this page's own. */
  readonly foreignSize: Size | undefined;
  readonly unsent: string;
  readonly returned: readonly ReturnedText[];
  readonly gone: "deleted" | "unknown" | undefined;
}

export interface SessionViewer {
  readonly state: ViewerState;
  subscribe(listener: () => void): () => void;
  /** `false`: nothing takes input now, or too much waits already. */
  send(text: string): boolean;
  sendBytes(bytes: Uint8Array): boolean;
  resize(size: Size): void;
  /** The screen is drawn with other colours now. */
  recolour(): void;
  /** The session gets this page's size and colours. */
  takeControl(): void;
  setVisible(isVisible: boolean): void;
  forgetReturned(id: number): void;
  close(): void;
}

export interface ViewerOptions {
  readonly client: Client;
  readonly session: string;
  readonly screen: TerminalScreen;
  /** Where to read at first, as before a reload. */
  readonly place: ReadingPlace | undefined;
  readonly isVisible: boolean;
  /** A line worth a toast. */
  readonly say: (line: string) => void;
}

const EMPTY: ViewerState = { session: undefined, isDrawn: false, foreignSize: undefined, unsent: "", returned: [], gone: undefined };
const MAX_RETURNED = 20;

export function viewSession(options: ViewerOptions): SessionViewer {
  const { client, session, screen, isVisible } = options;
  const store = createStore();
  const unsent = countUnsent();
  const encoder = new TextEncoder();
  const attachment: Attachment = client.attach({
    session,
    mode: "screen",
    viewer: drawOn(options, store),
    ...screen.ownSize,
    colours: screen.colours,
    visible: isVisible,
  });
  const unsubscribe = attachment.onPending(() => store.change({ unsent: unsent.words(attachment.pendingBytes) }));
  const sendBytes = (bytes: Uint8Array): boolean => {
    unsent.typed(bytes.length);
    const isTaken = attachment.send(bytes);
    store.change({ unsent: unsent.words(attachment.pendingBytes) });
    return isTaken;
  };
  return {
    get state() {
      return store.state;
    },
    subscribe: (listener) => store.subscribe(listener),
    send: (text) => sendBytes(encoder.encode(text)),
    sendBytes,
    resize(size) {
      attachment.resize(size.cols, size.rows);
      store.change({ foreignSize: isSameSize(size, screen.size) ? undefined : screen.size });
    },
    recolour: () => attachment.recolour(screen.colours),
    takeControl: () => attachment.takeControl(),
    setVisible: (visible) => attachment.setVisible(visible),
    forgetReturned: (id) => store.change({ returned: store.state.returned.filter((text) => text.id !== id) }),
    close() {
      unsubscribe();
      attachment.detach();
    },
  };
}

interface ViewerStore {
  readonly state: ViewerState;
  change(change: Partial<ViewerState>): void;
  subscribe(listener: () => void): () => void;
}

function createStore(): ViewerStore {
  let state = EMPTY;
  const listeners = new Set<() => void>();
  return {
    get state() {
      return state;
    },
    change(change) {
      const keys = Object.keys(change) as (keyof ViewerState)[];
      if (keys.every((key) => Object.is(state[key], change[key]))) return;
      state = { ...state, ...change };
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function drawOn({ screen, place, say }: ViewerOptions, store: ViewerStore): Viewer {
  let nextId = 1;
  const sized = (size: Size): void => store.change({ foreignSize: isSameSize(size, screen.ownSize) ? undefined : size });
  const changed = (session: SessionInfo): void => {
    screen.setAlive(isAlive(session.run.state));
    store.change({ session });
  };
  const drawn = (): void => {
    if (store.state.isDrawn) return;
    if (place !== undefined) screen.reading.goToPlace(place);
    store.change({ isDrawn: true });
  };
  return {
    snapshot({ cols, rows, data, lines }, done) {
      sized({ cols, rows });
      screen.snapshot({ cols, rows }, data, lines, () => {
        drawn();
        done();
      });
    },
    output(data, _offset, done) {
      screen.output(data, () => {
        drawn();
        done();
      });
    },
    resized(cols, rows) {
      sized({ cols, rows });
      screen.resized({ cols, rows });
    },
    attached(how, session, awayMs) {
      if (how === "incarnation") screen.historyChanged();
      const before = store.state.session;
      const line = reconnectedWords(how, awayMs, before !== undefined && before.run.number !== session.run.number);
      if (line !== undefined) say(line);
      changed(session);
    },
    session: changed,
    refused(bytes, reason) {
      const text = new TextDecoder().decode(bytes);
      const last = store.state.returned.at(-1);
      // Keys come one by one; what was typed in one go is offered back in one piece.
      const merged = last?.reason === reason ? { ...last, text: last.text + text } : { id: nextId++, text, reason };
      const kept = store.state.returned.filter((returned) => returned.id !== merged.id);
      store.change({ returned: [...kept, merged].slice(-MAX_RETURNED) });
    },
    gone: (reason) => store.change({ gone: reason }),
  };
}
