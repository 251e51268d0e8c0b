import {
  CLIENT_PROTOCOL,
  CLOSE,
  decodeServerFrame,
  encodeControl,
  type ClientMessage,
  type MessageOf,
  type SessionInfo,
} from "@perdure/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { sessionInfo } from "../cli/testing/fake-client.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { Connection } from "./connection.ts";
import { baseUrl } from "./server.ts";

let clock: FakeClock;
let told: string[];
let failures: string[];
let connection: Connection;

let all: { readonly info: SessionInfo }[];
let listed: number;

const hello: MessageOf<ClientMessage, "hello"> = {
  type: "hello",
  protocol: CLIENT_PROTOCOL,
  features: [],
  client: { kind: "library", name: "test", version: "0" },
};

/** A clock whose process was stopped: the timers are late. */
class StoppedClock extends FakeClock {
  stoppedMs = 0;

  override now(): number {
    return super.now() + this.stoppedMs;
  }
}

beforeEach(() => {
  clock = new StoppedClock();
  told = [];
  failures = [];
  all = [];
  listed = 0;
  const terminal = { info: sessionInfo(), chat: null };
  const sessions = { registry: { subscribe: () => () => undefined, all, get: () => terminal } } as unknown as Sessions;
  const socket = {
    bufferedAmount: 0,
    send: (frame: Uint8Array) => {
      const decoded = decodeServerFrame(frame);
      told.push(decoded.is === "control" ? decoded.message.type : decoded.is);
      if (decoded.is === "control" && decoded.message.type === "error") failures.push(`${decoded.message.channel} ${decoded.message.code}`);
      if (decoded.is === "control" && decoded.message.type === "sessions") listed += decoded.message.sessions.length;
    },
    close: (code: number) => told.push(`close ${code}`),
    terminate: () => told.push("terminate"),
  };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  connection = new Connection(socket, { sessions, clock, log, hello: { instance: "i", version: "0", epoch: 1 } });
});

describe("a connection", () => {
  it("without a hello is closed after 10 seconds", () => {
    clock.advance(10_000);
    expect(told).toEqual([`close ${CLOSE.badMessage}`]);
  });

  it("is asked every 15 seconds, and closed when nothing came for 45", () => {
    connection.receive(encodeControl(hello));
    clock.advance(45_000);
    expect(told).toEqual(["hello", "ping", "ping", `close ${CLOSE.silent}`, "terminate"]);
    expect(clock.pending).toBe(0);
  });

  it("is not held to have been silent while this process was frozen", () => {
    connection.receive(encodeControl(hello));
    clock.advance(14_999);
    (clock as StoppedClock).stoppedMs = 60_000;
    clock.advance(1);
    expect(told).toEqual(["hello", "ping"]);
    clock.advance(45_000);
    expect(told.at(-1)).toBe("terminate");
  });
});

it("who asks for the conversation of a terminal is told on the channel that there is none", () => {
  connection.receive(encodeControl(hello));
  const attach = { type: "attach", channel: 7, session: "s", mode: "chat", visible: true, readOnly: false } as const;
  connection.receive(encodeControl(attach));
  expect(failures).toEqual(["7 no-conversation"]);
});

describe("the list of sessions", () => {
  const many = Array.from({ length: 5000 }, (_, index) => ({ info: { ...sessionInfo(), id: `s${index}` } }));

  it.each([
    ["in parts to a client that takes them", "list-parts", true],
    ["in one frame to a client that does not", "watch", false],
  ])("comes %s", (_how, feature, isInParts) => {
    all.push(...many);
    connection.receive(encodeControl({ ...hello, features: [feature] }));
    connection.receive(encodeControl({ type: "watch" }));
    const lists = told.filter((type) => type === "sessions");
    expect(lists.length > 1).toBe(isInParts);
    expect(listed).toBe(5000);
  });
});

describe("the URL of a server", () => {
  it.each([
    ["127.0.0.1", "http://localhost:1"],
    ["0.0.0.0", "http://localhost:1"],
    ["::", "http://localhost:1"],
    ["192.0.2.7", "http://192.0.2.7:1"],
    ["::1", "http://[::1]:1"],
    ["2001:db8::7", "http://[2001:db8::7]:1"],
  ])("that listens on %s is where it is reached", (listen, url) => {
    expect(baseUrl(listen, 1)).toBe(url);
  });
});
