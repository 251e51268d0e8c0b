import type { ConnectionState } from "@perdure/client";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeClock } from "../../testing/fake-clock.ts";
import { FakeClient, sessionInfo, type FakeAttachment } from "../testing/fake-client.ts";
import { attachSession, type AttachOutcome } from "./attach-session.ts";
import { CONNECTING_MS, DELIVERY_MS } from "./departure.ts";
import { DetachKey } from "./detach-key.ts";
import { CroppedScreen } from "./cropped-screen.ts";
import { OuterScreen } from "./outer-screen.ts";

const LOST: ConnectionState = { is: "waiting", until: 0, attempt: 1 };

let client: FakeClient;
let clock: FakeClock;
let stop: AbortController;
let drawn: string;
let type: (text: string) => void;
let resize: (cols: number, rows: number) => void;
let outcome: Promise<AttachOutcome>;
let isServerStarting: boolean;
let isOver: boolean;

beforeEach(() => {
  client = new FakeClient();
  clock = new FakeClock();
  stop = new AbortController();
  drawn = "";
  isServerStarting = false;
  isOver = false;
});

function begin(options: { readonly isReadOnly?: boolean } = {}): void {
  const terminal = {
    cols: 40,
    rows: 5,
    write: (data: Uint8Array | string, done?: () => void) => {
      drawn += Buffer.from(data).toString();
      done?.();
    },
    onInput: (listener: (data: Uint8Array) => void) => {
      type = (text) => listener(Buffer.from(text));
    },
    onResize: (listener: () => void) => {
      resize = (cols, rows) => {
        terminal.cols = cols;
        terminal.rows = rows;
        listener();
      };
    },
  };
  outcome = attachSession({
    client,
    terminal,
    clock,
    session: "s1",
    screen: new OuterScreen(terminal, (size) => new CroppedScreen(size)),
    detachKey: new DetachKey("C-\\ d"),
    isReadOnly: options.isReadOnly ?? false,
    signal: stop.signal,
    describe: ({ awayMs, pendingBytes, isLeaving }) => `${isLeaving ? "LEAVING" : "AWAY"} ${awayMs ?? "connected"} ${pendingBytes}`,
    isServerStarting: () => isServerStarting,
  });
  void outcome.then(() => (isOver = true));
}

function attachment(index: number): FakeAttachment {
  return client.attachment(index);
}

function taken(): string {
  const text = drawn;
  drawn = "";
  return text;
}

test("it attaches with the terminal's size, draws what comes and acknowledges it once it is drawn", () => {
  begin();
  const { options } = attachment(0);
  expect(options).toMatchObject({ session: "s1", mode: "screen", cols: 40, rows: 5, visible: true, readOnly: false });
  attachment(0).attached("first", sessionInfo());
  attachment(0).snapshot("$ ", 2);
  expect(attachment(0).output("ls", 2)).toBe(true);
  expect(taken()).toMatch(/\$ ls$/);
  resize(80, 24);
  expect(attachment(0).sizes).toEqual([[80, 24]]);
});

test("what is typed before the session is known is sent when it is", () => {
  begin();
  type("ls");
  type("\r");
  expect(attachment(0).sent).toEqual([]);
  attachment(0).attached("first", sessionInfo());
  expect(attachment(0).sent).toEqual(["ls", "\r"]);
});

test("the detach key ends it and leaves the program alone; what was typed before it is sent", async () => {
  begin();
  attachment(0).attached("first", sessionInfo());
  type("x\x1c");
  type("d");
  expect(attachment(0).sent).toEqual(["x"]);
  expect(attachment(0).isDetached).toBe(false);
  attachment(0).acknowledge();
  expect(await outcome).toEqual({ end: { is: "detached" }, undelivered: [] });
  expect(attachment(0).isDetached).toBe(true);
  expect(clock.pending).toBe(0);
});

describe("a detach with input that is not acknowledged", () => {
  const detachKey = "\x1cd";

  test("leaves when the acknowledgement comes, without a word if that is soon", async () => {
    begin();
    attachment(0).attached("first", sessionInfo());
    attachment(0).snapshot("screen", 6);
    taken();
    type(`ls\r${detachKey}`);
    clock.advance(299);
    expect(taken()).toBe("");
    attachment(0).acknowledge();
    expect(await outcome).toEqual({ end: { is: "detached" }, undelivered: [] });
    expect(taken()).toBe("");
  });

  test("says what it waits for, draws no more and takes no more", async () => {
    begin();
    attachment(0).attached("first", sessionInfo());
    attachment(0).snapshot("screen", 6);
    type(`ls\r${detachKey}`);
    clock.advance(300);
    expect(taken()).toContain("LEAVING connected 3");
    expect(attachment(0).output("more", 6)).toBe(true);
    type("for the shell");
    expect(taken()).toBe("\x07");
    expect(attachment(0).sent).toEqual(["ls\r"]);
    attachment(0).acknowledge();
    expect((await outcome).undelivered).toEqual([]);
  });

  test("before the terminal has reconnected waits for that, too", async () => {
    begin();
    attachment(0).attached("first", sessionInfo());
    client.become(LOST);
    type("still here");
    type(detachKey);
    expect(client.retries).toBe(1);
    clock.advance(1000);
    expect(taken()).toContain("LEAVING 300 10");
    client.become({ is: "connected", since: clock.now() });
    attachment(0).attached("tail", sessionInfo());
    expect(client.attachments.length).toBe(1);
    attachment(0).acknowledge();
    expect(await outcome).toEqual({ end: { is: "detached" }, undelivered: [] });
  });

  test("before it was attached at all delivers what was kept", async () => {
    begin();
    type(`early${detachKey}`);
    attachment(0).attached("first", sessionInfo());
    expect(attachment(0).sent).toEqual(["early"]);
    attachment(0).acknowledge();
    expect(await outcome).toEqual({ end: { is: "detached" }, undelivered: [] });
  });

  test("gives up after three seconds without a server, and counts what was not delivered", async () => {
    begin();
    attachment(0).attached("first", sessionInfo());
    client.become(LOST);
    type(`still here${detachKey}`);
    clock.advance(DELIVERY_MS);
    expect(await outcome).toEqual({ end: { is: "detached" }, undelivered: [{ bytes: 10, because: "unconfirmed" }] });
    expect(clock.pending).toBe(0);
  });

  test("is longer patient with a server that is being started and a connection that was just made, but not for ever", async () => {
    begin();
    attachment(0).attached("first", sessionInfo());
    client.become(LOST);
    isServerStarting = true;
    type(`still here${detachKey}`);
    clock.advance(DELIVERY_MS + 1000);
    isServerStarting = false;
    client.become({ is: "connecting", attempt: 1 });
    clock.advance(1000);
    client.become({ is: "connected", since: clock.now() });
    clock.advance(1000);
    await Promise.resolve();
    expect(isOver).toBe(false);
    client.become({ is: "connecting", attempt: 2 });
    clock.advance(CONNECTING_MS);
    expect((await outcome).undelivered).toEqual([{ bytes: 10, because: "unconfirmed" }]);
  });

  test("leaves at once when the key comes a second time", async () => {
    begin();
    attachment(0).attached("first", sessionInfo());
    type(`x${detachKey}`);
    type(detachKey);
    expect(await outcome).toEqual({ end: { is: "detached" }, undelivered: [{ bytes: 1, because: "unconfirmed" }] });
  });

  test("leaves at once on a signal, and says it as well", async () => {
    begin();
    attachment(0).attached("first", sessionInfo());
    type(`x${detachKey}`);
    stop.abort();
    expect(await outcome).toEqual({ end: { is: "aborted" }, undelivered: [{ bytes: 1, because: "unconfirmed" }] });
    expect(clock.pending).toBe(0);
  });

  test("that the program will never take is counted with the reason", async () => {
    begin();
    attachment(0).attached("first", sessionInfo());
    type(`typed${detachKey}`);
    attachment(0).options.viewer.refused(Buffer.from("typed"), "run-ended");
    attachment(0).acknowledge();
    expect(await outcome).toEqual({ end: { is: "detached" }, undelivered: [{ bytes: 5, because: "run-ended" }] });
  });
});

test("half a detach key is sent when nothing follows", () => {
  begin();
  attachment(0).attached("first", sessionInfo());
  type("\x1c");
  clock.advance(999);
  expect(attachment(0).sent).toEqual([]);
  clock.advance(1);
  expect(attachment(0).sent).toEqual(["\x1c"]);
});

test("it ends with the program, once all that it printed is drawn", async () => {
  begin();
  attachment(0).attached("first", sessionInfo());
  attachment(0).snapshot("", 0);
  const ended = sessionInfo({ is: "exited", code: 3, signal: null, at: 1 }, 10);
  attachment(0).options.viewer.session(ended);
  attachment(0).output("01234", 0);
  await Promise.resolve();
  expect(isOver).toBe(false);
  attachment(0).output("56789", 5);
  expect((await outcome).end).toEqual({ is: "ended", session: ended });
});

test("last output that never comes is not waited for longer than five seconds", async () => {
  begin();
  attachment(0).attached("first", sessionInfo());
  attachment(0).options.viewer.session(sessionInfo({ is: "lost", reason: "host-died", at: 1 }, 10));
  clock.advance(5000);
  expect((await outcome).end.is).toBe("ended");
});

test("a short outage is not shown, and the missed bytes go on where it stood", () => {
  begin();
  attachment(0).attached("first", sessionInfo());
  attachment(0).snapshot("before", 6);
  taken();
  client.become(LOST);
  clock.advance(900);
  client.become({ is: "connected", since: 0 });
  attachment(0).attached("tail", sessionInfo());
  attachment(0).output(" after", 6);
  clock.advance(5000);
  expect(taken()).toBe(" after");
  expect(client.attachments.length).toBe(1);
});

test("a longer outage is shown each second with what was typed meanwhile", () => {
  begin();
  attachment(0).attached("first", sessionInfo());
  attachment(0).snapshot("screen", 6);
  taken();
  client.become(LOST);
  type("ls\r");
  clock.advance(1000);
  expect(taken()).toContain("AWAY 1000 3");
  clock.advance(1000);
  expect(taken()).toContain("AWAY 2000 3");
});

test("after a shown outage the screen is drawn anew, and input keeps its order", () => {
  begin();
  attachment(0).attached("first", sessionInfo());
  attachment(0).snapshot("screen", 6);
  client.become(LOST);
  type("typed away");
  clock.advance(1000);
  client.become({ is: "connected", since: 0 });
  attachment(0).attached("tail", sessionInfo());

  const [old, fresh] = [attachment(0), attachment(1)];
  expect(fresh.options.cursor).toBeUndefined();
  taken();
  expect(old.output("not drawn: the snapshot has it", 6)).toBe(true);
  expect(taken()).toBe("");
  type("more");
  fresh.attached("first", sessionInfo());
  fresh.snapshot("whole screen", 40);
  expect(taken()).toMatch(/whole screen$/);
  type("!");
  expect(old.sent).toEqual(["typed away", "more", "!"]);
  old.acknowledge();
  expect(old.isDetached).toBe(true);
  type("later");
  expect(fresh.sent).toEqual(["later"]);
  clock.advance(5000);
  expect(taken()).toBe("");
});

test("typed between the old attachment and the new one is kept", () => {
  begin();
  attachment(0).attached("first", sessionInfo());
  attachment(0).snapshot("screen", 6);
  client.become(LOST);
  clock.advance(1000);
  client.become({ is: "connected", since: 0 });
  attachment(0).attached("tail", sessionInfo());
  type("x");
  attachment(1).attached("first", sessionInfo());
  attachment(0).acknowledge();
  expect([...attachment(0).sent, ...attachment(1).sent]).toEqual(["x"]);
});

test("a second outage during the change does not leave two attachments", () => {
  begin();
  attachment(0).attached("first", sessionInfo());
  attachment(0).snapshot("screen", 6);
  client.become(LOST);
  type("a");
  clock.advance(1000);
  client.become({ is: "connected", since: 0 });
  attachment(0).attached("tail", sessionInfo());
  client.become(LOST);
  clock.advance(1000);
  client.become({ is: "connected", since: 0 });
  attachment(0).attached("tail", sessionInfo());
  attachment(1).attached("first", sessionInfo());
  attachment(1).snapshot("screen", 6);
  attachment(0).acknowledge();
  expect(client.attachments.filter((each) => !each.isDetached).length).toBe(1);
});

test("input that is not acknowledged makes it ask whether the connection lives", () => {
  begin();
  attachment(0).attached("first", sessionInfo());
  type("x");
  clock.advance(2000);
  expect(client.retries).toBe(1);
  attachment(0).acknowledge();
  clock.advance(10_000);
  expect(client.retries).toBe(1);
});

test("a read-only view sends nothing and is left with Control-C", async () => {
  begin({ isReadOnly: true });
  attachment(0).attached("first", sessionInfo());
  expect(attachment(0).options.readOnly).toBe(true);
  type("rm -rf\r");
  expect(attachment(0).sent).toEqual([]);
  type("\x03");
  expect((await outcome).end).toEqual({ is: "detached" });
});

test("input that will never be applied is counted at the end", async () => {
  begin();
  attachment(0).attached("first", sessionInfo());
  attachment(0).options.viewer.refused(Buffer.from("typed"), "run-ended");
  attachment(0).options.viewer.gone("deleted");
  expect(await outcome).toEqual({ end: { is: "gone", reason: "deleted" }, undelivered: [{ bytes: 5, because: "run-ended" }] });
});

test("a server that refuses for good ends it", async () => {
  begin();
  client.become({ is: "closed", reason: "unauthorized" });
  expect((await outcome).end).toEqual({ is: "refused", reason: "unauthorized" });
});

test("a signal ends it, and nothing is left to happen", async () => {
  begin();
  stop.abort();
  expect((await outcome).end).toEqual({ is: "aborted" });
  expect(clock.pending).toBe(0);
});
