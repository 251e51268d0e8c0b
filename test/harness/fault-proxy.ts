// A TCP relay that can do to a connection what networks do: hold bytes back, lose them, break off, deliver in crumbs. Without any
// fault it is a forwarded port, as by `ssh -L`. `up` is the way from client to server, `down` the way back.

import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";

/** Bytes of one direction that a delayed line holds before it reads on. */
const maxUnderWay = 1024 * 1024;

export type Direction = "up" | "down";

/** How bytes of one direction travel. */
export interface Shape {
  /** Each piece of so many bytes is a segment of its own. */
  readonly sliceBytes?: number;
  /** Each byte is on its way for so long, however many are. A connection is accepted at once nevertheless. */
  readonly latencyMs?: number;
  readonly bytesPerSecond?: number;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export class FaultProxy {
  readonly #upstreamPort: number;
  readonly #pairs = new Set<Pair>();
  readonly #shapes: Record<Direction, Shape> = { up: {}, down: {} };
  readonly #cuts: Record<Direction, number | undefined> = { up: undefined, down: undefined };
  #server: Server | undefined;
  #port = 0;
  #accepted = 0;
  #isSwallowing = false;
  #gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined;

  private constructor(upstreamPort: number) {
    this.#upstreamPort = upstreamPort;
  }

  /** A relay to a port of this machine. */
  static async to(upstreamPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstreamPort);
    await proxy.accept();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Connections accepted so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Connections open now. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Accepts connections, on the same port as before. */
  async accept(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#relay(client));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Nobody can connect any more; open connections stay. */
  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  /** Holds all bytes of both directions back, until `flow`. */
  stall(): void {
    if (this.#gate) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = { opened: promise, open: resolve };
  }

  /** Loses all bytes of both directions and says nothing, as a network that is gone. New connections are answered by nobody. */
  swallow(): void {
    this.#isSwallowing = true;
  }

  /** Ends `stall` and `swallow`. Connections that have lost bytes are useless; they are broken off. */
  flow(): void {
    this.#gate?.open();
    this.#gate = undefined;
    if (this.#isSwallowing) this.reset();
    this.#isSwallowing = false;
  }

  /** Breaks every connection off (RST to both sides). */
  reset(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** Ends every connection politely (FIN to both sides). */
  finish(): void {
    for (const { client, server } of this.#pairs) {
      client.end();
      server.end();
    }
  }

  /** Breaks the connection off that is the first to have moved so many further bytes in this direction, once. */
  cutAfter(direction: Direction, bytes: number): void {
    this.#cuts[direction] = bytes;
  }

  /** How bytes travel from now on. */
  shape(direction: Direction, shape: Shape): void {
    this.#shapes[direction] = shape;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.refuse();
    this.#gate?.open();
    for (const { client, server: upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  #relay(client: Socket): void {
    this.#accepted += 1;
    const server = connect({ port: this.#upstreamPort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const pair: Pair = { client, server };
    this.#pairs.add(pair);
    const forget = (): void => {
      client.destroy();
      server.destroy();
      this.#pairs.delete(pair);
    };
    for (const socket of [client, server]) socket.on("close", forget);
    client.on("error", forget);
    server.on("error", () => {
      client.resetAndDestroy(); // refused by the server: refused by us
      forget();
    });
    this.#pump(client, server, "up").catch(forget);
    this.#pump(server, client, "down").catch(forget);
  }

  async #pump(from: Socket, to: Socket, direction: Direction): Promise<void> {
    let underWay: Promise<void> = Promise.resolve();
    let queued = 0;
    for await (const part of from) {
      const bytes = part as Buffer;
      const dueMs = performance.now() + (this.#shapes[direction].latencyMs ?? 0);
      queued += bytes.length;
      const before = underWay;
      underWay = (async () => {
        await before;
        const leftMs = dueMs - performance.now();
        if (leftMs > 0) await delay(leftMs);
        await this.#move(bytes, to, direction);
        queued -= bytes.length;
      })();
      underWay.catch(() => undefined); // it is waited for below
      if (queued > maxUnderWay || this.#shapes[direction].latencyMs === undefined) await underWay;
    }
    await underWay;
    if (!this.#isSwallowing) to.end();
  }

  async #move(bytes: Buffer, to: Socket, direction: Direction): Promise<void> {
    const { sliceBytes = bytes.length, bytesPerSecond } = this.#shapes[direction];
    const step = bytesPerSecond === undefined ? sliceBytes : Math.min(sliceBytes, Math.max(1, Math.floor(bytesPerSecond / 50)));
    for (let at = 0; at < bytes.length; at += step) {
      await this.#gate?.opened;
      if (this.#isSwallowing) return;
      const piece = this.#beforeCut(bytes.subarray(at, at + step), direction);
      if (piece.length > 0) await write(to, piece);
      if (this.#cuts[direction] === 0) return this.#cut(to, direction);
      if (bytesPerSecond !== undefined) await delay((piece.length / bytesPerSecond) * 1000);
      else if (step < bytes.length) await nextTurn();
    }
  }

  #beforeCut(piece: Buffer, direction: Direction): Buffer {
    const left = this.#cuts[direction];
    if (left === undefined) return piece;
    const kept = piece.subarray(0, left);
    this.#cuts[direction] = left - kept.length;
    return kept;
  }

  #cut(to: Socket, direction: Direction): void {
    this.#cuts[direction] = undefined;
    for (const { client, server } of this.#pairs) {
      if (client !== to && server !== to) continue;
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }
}

/** Resolves when the bytes are with the kernel, so that the next ones are another segment. */
function write(to: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
