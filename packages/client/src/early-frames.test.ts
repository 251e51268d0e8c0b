import { CLOSE, earlyFramesOf } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { attachAtTail, attachWithSnapshot, bytes, clientBench, inputs, view } from "./testing/client-bench.ts";
import { SERVER_HELLO } from "./testing/fake-network.ts";

/** It stood once, and a view of a session is open. */
function met() {
  const bench = clientBench();
  bench.network.last.open();
  bench.network.last.control(SERVER_HELLO);
  const { viewer, attachment } = view(bench.client);
  attachWithSnapshot(bench.network.last, 7, "$ ");
  return { ...bench, viewer, attachment };
}

describe("a connection to a server that takes frames with the request", () => {
  test("says the first time what it wants when it has been greeted, and afterwards with the request", () => {
    const { client, network, clock } = met();
    expect(earlyFramesOf(network.last.url)).toEqual([]);
    network.last.break();
    clock.advance(1000);
    expect(earlyFramesOf(network.last.url)).toHaveLength(2);
    network.last.open();
    expect(network.last.received.map((frame) => frame.is === "control" && frame.message.type)).toEqual(["hello", "attach"]);
    expect(client.state.is).toBe("connecting");
    network.last.control(SERVER_HELLO);
    attachAtTail(network.last, 7);
    expect(client.state.is).toBe("connected");
    expect(network.last.sent("hello")).toHaveLength(1);
    expect(network.last.sent("attach")).toHaveLength(1);
  });

  test("sends what did not fit, and what came up meanwhile, as soon as the socket is open", () => {
    const { client, network, clock } = met();
    for (let more = 0; more < 40; more += 1) view(client, { session: `another-${more}` });
    network.last.break();
    clock.advance(1000);
    view(client, { session: "one more" });
    expect(network.last.url.length).toBeLessThan(5000);
    network.last.open();
    expect(network.last.sent("hello")).toHaveLength(1);
    expect(network.last.sent("attach").map(({ session }) => session)).toEqual([
      "s1",
      ...Array.from({ length: 40 }, (_, more) => `another-${more}`),
      "one more",
    ]);
  });

  test("asks again on each attempt, and types nothing before it is attached", () => {
    const { network, clock, attachment } = met();
    network.last.break();
    for (const waitMs of [1000, 2000, 4000]) {
      clock.advance(waitMs);
      expect(earlyFramesOf(network.last.url)).toHaveLength(2);
      attachment.send(bytes("x"));
      network.last.break();
    }
    clock.advance(8000);
    network.last.open();
    expect(inputs(network.last)).toEqual([]);
    network.last.control(SERVER_HELLO);
    attachAtTail(network.last, 7);
    expect(inputs(network.last)).toEqual(["page-1/1/1:x", "page-1/1/2:x", "page-1/1/3:x"]);
  });

  test("goes back to waiting for the greeting when a request was taken and no hello came", () => {
    const { network, clock } = met();
    network.last.break();
    clock.advance(1000);
    const other = network.last;
    other.open();
    clock.advance(10_000);
    expect(other.closedBy).toBe(CLOSE.silent);
    clock.advance(2000);
    expect(earlyFramesOf(network.last.url)).toEqual([]);
    network.accept();
    expect(network.last.sent("attach")).toHaveLength(1);
  });

  test("to one that does not take them waits for the greeting", () => {
    const { network, clock } = clientBench();
    network.last.open();
    network.last.control({ ...SERVER_HELLO, features: [] });
    network.last.break();
    clock.advance(1000);
    expect(earlyFramesOf(network.last.url)).toEqual([]);
  });
});
