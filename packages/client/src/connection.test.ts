import { CLOSE } from "@perdure/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backOffMs } from "./back-off.ts";
import { clientBench, settled } from "./testing/client-bench.ts";
import { SERVER_HELLO } from "./testing/fake-network.ts";
import { FakeSurroundings } from "./testing/fake-surroundings.ts";

const WAKE_UPS = ["online", "pageshow", "resume", "visible", "focus"] as const;

describe("back-off", () => {
  test.each([
    [0, 1000],
    [1, 2000],
    [2, 4000],
    [3, 8000],
    [4, 16_000],
    [5, 30_000],
    [6, 30_000],
    [60, 30_000],
  ])("after %i failures before it waits %i ms, thirty per cent more or less", (failures, middle) => {
    const waits = [0, 0.5, 0.999_999].map((fraction) => backOffMs(failures, { fraction: () => fraction, id: () => "" }));
    expect(waits[0]).toBe(Math.round(middle * 0.7));
    expect(waits[1]).toBe(middle);
    expect(waits[2]).toBeGreaterThan(middle * 1.29);
    expect(waits[2]).toBeLessThanOrEqual(middle * 1.3);
  });

  test("stays within its bounds whatever chance says", () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, fraction) => {
        const waitMs = backOffMs(failures, { fraction: () => fraction, id: () => "" });
        expect(waitMs).toBeGreaterThanOrEqual(700);
        expect(waitMs).toBeLessThanOrEqual(39_000);
      }),
    );
  });
});

describe("a connection", () => {
  test("connects at once, says hello, and stands when the server has answered", () => {
    const { client, network, clock } = clientBench();
    expect(client.state).toEqual({ is: "connecting", attempt: 0 });
    expect(network.last.url).toBe("ws://localhost/api/socket");
    network.last.open();
    expect(client.state.is).toBe("connecting");
    expect(network.last.sent("hello")).toMatchObject([{ protocol: 1, client: { kind: "library", name: "test", version: "0" } }]);
    network.last.control(SERVER_HELLO);
    expect(client.state).toEqual({ is: "connected", since: clock.now() });
  });

  test("goes through the table of waits, shows ten failures, and goes on probing", () => {
    const { client, network, clock } = clientBench();
    for (const [index, waitMs] of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000].entries()) {
      expect(network.sockets).toHaveLength(index + 1);
      expect(client.state).toEqual({ is: "connecting", attempt: index });
      network.last.break();
      expect(client.state).toEqual({ is: "waiting", until: clock.now() + waitMs, attempt: index + 1 });
      clock.advance(waitMs - 1);
      expect(network.sockets).toHaveLength(index + 1);
      clock.advance(1);
    }
    network.accept();
    expect(client.state.is).toBe("connected");
  });

  test.each([
    [9_999, 3],
    [10_000, 1],
  ])("that stood for %i ms and broke after two failures has failed %i times in a row", (stoodMs, attempt) => {
    const { client, network, clock } = clientBench();
    network.last.break();
    clock.advance(1000);
    network.last.break();
    clock.advance(2000);
    const socket = network.accept();
    clock.advance(stoodMs);
    socket.break();
    expect(client.state).toMatchObject({ is: "waiting", attempt });
  });

  test("gives up an attempt that nobody answers after ten seconds", () => {
    const { client, network, clock } = clientBench();
    const frozen = network.last;
    frozen.open();
    clock.advance(9_999);
    expect(client.state.is).toBe("connecting");
    clock.advance(1);
    expect(client.state).toMatchObject({ is: "waiting", attempt: 1 });
    expect(frozen.closedBy).toBe(CLOSE.silent);
    frozen.control(SERVER_HELLO);
    expect(client.state.is).toBe("waiting");
  });

  test("counts a socket that cannot even be made as a failure", () => {
    const bench = clientBench();
    bench.network.last.break();
    bench.network.onSocket = () => {
      throw new Error("not allowed here");
    };
    bench.clock.advance(1000);
    expect(bench.client.state).toMatchObject({ is: "waiting", attempt: 2 });
    expect(bench.problems).toHaveLength(1);
  });

  test.each(WAKE_UPS)("that waits tries at once on %s", (event) => {
    const { client, network, surroundings } = clientBench();
    network.last.break();
    surroundings.happen(event);
    expect(network.sockets).toHaveLength(2);
    expect(client.state).toEqual({ is: "connecting", attempt: 1 });
    network.accept();
    expect(client.state.is).toBe("connected");
  });

  test.each(WAKE_UPS)("that died in its sleep is noticed within three seconds of %s and replaced at once", (event) => {
    const { client, network, clock, surroundings } = clientBench();
    const dead = network.accept();
    clock.advance(60);
    dead.isStalled = true;
    clock.sleep(3_600_000);
    surroundings.happen(event);
    clock.advance(3000);
    expect(dead.closedBy).toBe(CLOSE.silent);
    expect(network.sockets).toHaveLength(2);
    network.accept();
    expect(client.state.is).toBe("connected");
  });

  test("that lives is kept through a burst of wake-ups", () => {
    const { client, network, clock, surroundings } = clientBench();
    const socket = network.accept();
    clock.advance(1000);
    for (const event of WAKE_UPS) surroundings.happen(event);
    const pings = socket.sent("ping");
    expect(pings).toHaveLength(1);
    socket.control({ type: "pong", id: pings[0]?.id ?? -1 });
    clock.advance(20_000);
    expect(client.state.is).toBe("connected");
    expect(network.sockets).toHaveLength(1);
  });

  test("is not fooled by what lay in a buffer while the device slept", () => {
    const { network, clock, surroundings } = clientBench();
    const dead = network.accept();
    dead.isStalled = true;
    surroundings.happen("resume");
    clock.advance(100);
    const buffered = new Uint8Array([2, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 65]);
    dead.deliverLate(buffered);
    clock.advance(2400);
    expect(network.sockets).toHaveLength(2);
  });

  test("over which data flows is not dropped because the pong stands in a queue", () => {
    const { client, network, clock, surroundings } = clientBench();
    const slow = network.accept();
    surroundings.happen("focus");
    for (let part = 0; part < 100; part += 1) {
      clock.advance(100);
      slow.deliver(new Uint8Array([2, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 65]));
    }
    expect(network.sockets).toHaveLength(1);
    expect(client.state.is).toBe("connected");
  });

  test("begins an attempt from before the sleep anew", () => {
    const { network, clock, surroundings } = clientBench();
    clock.advance(2500);
    surroundings.happen("pageshow");
    expect(network.sockets).toHaveLength(2);
    expect(network.sockets[0]?.closedBy).toBe(1000);
    surroundings.happen("focus");
    expect(network.sockets).toHaveLength(2);
  });

  test.each(["resume", "pageshow", "visible"] as const)("of a frozen page tries nothing before %s, whatever else happens", (event) => {
    const { client, network, surroundings } = clientBench();
    network.accept();
    surroundings.happen("freeze");
    surroundings.happen("focus");
    surroundings.happen("online");
    expect(network.sockets).toHaveLength(1);
    surroundings.happen(event);
    expect(network.sockets).toHaveLength(2);
    network.accept();
    expect(client.state.is).toBe("connected");
  });

  test("tries once more at once when an attempt fails during which somebody came back", () => {
    const { client, network, surroundings } = clientBench();
    network.last.break();
    surroundings.happen("online");
    surroundings.happen("focus");
    network.last.break();
    expect(network.sockets).toHaveLength(3);
    network.last.break();
    expect(network.sockets).toHaveLength(3);
    expect(client.state).toMatchObject({ is: "waiting", attempt: 3 });
  });

  test("that goes dead while idle is noticed within a minute", () => {
    const { client, network, clock } = clientBench();
    const socket = network.accept();
    socket.isStalled = true;
    clock.advance(59_999);
    expect(socket.closedBy).toBe(CLOSE.silent);
    expect(client.state.is).not.toBe("connected");
  });

  test("that is quiet and alive stays for a day", () => {
    const { client, network, clock } = clientBench();
    const socket = network.accept();
    socket.answer = (frame) => {
      if (frame.is === "control" && frame.message.type === "ping") socket.control({ type: "pong", id: frame.message.id });
    };
    clock.advance(86_400_000);
    expect(client.state.is).toBe("connected");
    expect(network.sockets).toHaveLength(1);
    expect(socket.sent("ping").length).toBeGreaterThan(2000);
  });

  test("does not ask while the server's own pings come, and answers them", () => {
    const { network, clock } = clientBench();
    const socket = network.accept();
    for (let id = 1; id <= 20; id += 1) {
      clock.advance(15_000);
      socket.control({ type: "ping", id });
    }
    expect(socket.sent("pong").map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(socket.sent("ping")).toEqual([]);
  });

  test("of a hidden tab whose timers fire a minute late is kept if it lives", () => {
    const { client, network, clock } = clientBench();
    const socket = network.accept();
    for (let minute = 0; minute < 60; minute += 1) {
      clock.sleep(60_000);
      for (const { id } of socket.sent("ping").splice(minute)) socket.control({ type: "pong", id });
    }
    expect(client.state.is).toBe("connected");
    expect(network.sockets).toHaveLength(1);
  });

  test("of a hidden tab whose timers fire a minute late is given up if it is dead", () => {
    const { network, clock } = clientBench();
    network.accept().isStalled = true;
    for (let minute = 0; minute < 4; minute += 1) clock.sleep(60_000);
    expect(network.sockets.length).toBeGreaterThan(1);
  });

  test("without a network says so, keeps probing, and tries at once when the network is back", () => {
    const { client, network, clock, surroundings } = clientBench();
    const socket = network.accept();
    socket.isStalled = true;
    surroundings.happen("offline");
    expect(client.state.is).toBe("connected");
    clock.advance(2500);
    expect(client.state).toEqual({ is: "offline", attempt: 1 });
    network.last.break();
    expect(client.state).toEqual({ is: "offline", attempt: 2 });
    const before = network.sockets.length;
    surroundings.happen("online");
    expect(network.sockets).toHaveLength(before + 1);
    expect(client.state).toEqual({ is: "connecting", attempt: 2 });
  });

  test("to this very machine survives the loss of the network", () => {
    const { client, network, clock, surroundings } = clientBench();
    const socket = network.accept();
    surroundings.happen("offline");
    socket.control({ type: "pong", id: socket.sent("ping")[0]?.id ?? -1 });
    clock.advance(10_000);
    expect(client.state.is).toBe("connected");
  });

  test("to this very machine is made without a network", () => {
    const { client, network } = clientBench({ surroundings: new FakeSurroundings(false) });
    expect(client.state).toEqual({ is: "offline", attempt: 0 });
    network.accept();
    expect(client.state.is).toBe("connected");
  });

  test.each([
    [CLOSE.unauthorized, "unauthorized"],
    [CLOSE.wrongProtocol, "wrong-protocol"],
  ] as const)("closed with %i is not opened again until the user says so", (code, reason) => {
    const { client, network, clock, surroundings } = clientBench();
    network.accept().break(code);
    expect(client.state).toEqual({ is: "closed", reason });
    for (const event of WAKE_UPS) surroundings.happen(event);
    clock.advance(3_600_000);
    expect(network.sockets).toHaveLength(1);
    client.retryNow();
    network.accept();
    expect(client.state.is).toBe("connected");
  });

  test.each([CLOSE.badMessage, CLOSE.silent, CLOSE.superseded, CLOSE.tooLarge, CLOSE.overloaded, CLOSE.shutdown, 1000, 1001, 1006, 1012])(
    "closed with %i is opened again",
    (code) => {
      const { client, network, clock } = clientBench();
      network.accept().break(code);
      expect(client.state).toMatchObject({ is: "waiting", attempt: 1 });
      clock.advance(1000);
      expect(network.sockets).toHaveLength(2);
    },
  );

  test("to a server of another protocol is closed for good", () => {
    const { client, network } = clientBench();
    network.last.open();
    network.last.control({ ...SERVER_HELLO, protocol: 2 });
    expect(client.state).toEqual({ is: "closed", reason: "wrong-protocol" });
  });

  test("is dropped and opened again when the server sends what nobody can read", () => {
    const { client, network, problems } = clientBench();
    const socket = network.accept();
    socket.deliver(new Uint8Array([2, 0]));
    expect(socket.closedBy).toBe(CLOSE.badMessage);
    expect(client.state.is).toBe("waiting");
    expect(problems).toMatchObject([{ code: "bad-message" }]);
  });

  test("ignores frames and messages that it does not know", () => {
    const { client, network, problems } = clientBench();
    const socket = network.accept();
    socket.deliver(new Uint8Array([77, 1, 2, 3]));
    socket.deliver(Uint8Array.of(1, ...new TextEncoder().encode('{"type":"applause","loud":true}')));
    expect(client.state.is).toBe("connected");
    expect(problems).toEqual([]);
  });

  test("of a page that is put to sleep is closed, and opened at once when it wakes", () => {
    const { client, network, surroundings } = clientBench();
    const socket = network.accept();
    surroundings.happen("freeze");
    expect(socket.closedBy).toBe(1000);
    expect(client.state).toMatchObject({ is: "waiting", attempt: 0 });
    surroundings.happen("resume");
    network.accept();
    expect(client.state.is).toBe("connected");
  });

  test("that was closed by its user is over: no timer, no listener, no attempt", async () => {
    const { client, network, clock, surroundings } = clientBench();
    const socket = network.accept();
    client.close();
    await settled();
    expect(socket.closedBy).toBe(1000);
    expect(client.state).toEqual({ is: "closed", reason: "asked" });
    expect(surroundings.listeners).toBe(0);
    expect(clock.timers).toBe(0);
    client.retryNow();
    client.close();
    expect(network.sockets).toHaveLength(1);
  });

  test("tells every change of its state, and nothing else", () => {
    const { client, network, clock } = clientBench();
    const states: string[] = [];
    const unsubscribe = client.subscribe(() => states.push(client.state.is));
    network.accept();
    const known = client.state;
    clock.advance(40_000);
    expect(client.state).toBe(known);
    network.last.break();
    clock.advance(1000);
    unsubscribe();
    network.accept();
    expect(states).toEqual(["connected", "waiting", "connecting"]);
  });

  test("retries now when the user says so, whatever the wait", () => {
    const { client, network } = clientBench();
    network.last.break();
    client.retryNow();
    expect(network.sockets).toHaveLength(2);
  });
});
