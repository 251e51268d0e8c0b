/**
 * WebSocket upgrades at `/api/socket`: the same gate as every request, then a `Connection`. No compression: it costs 26 times
 * the throughput to one client, and the log is compressed once, for all.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { CLOSE, earlyFramesOf, PerdureError } from "@perdure/protocol";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { DeviceRow } from "../store/store.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import type { Devices } from "./devices.ts";
import { describeFailure } from "./failure.ts";
import type { Gate } from "./gate.ts";

const PATH = "/api/socket";
/** A frame above this is not even read. Between the client's limit and this the client is told why. */
const MAX_READ_BYTES = 1024 * 1024;

export class SocketServer {
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_READ_BYTES });
  readonly #gate: Gate;
  readonly #options: ConnectionOptions;
  readonly #connections = new Map<Connection, string>();

  constructor(gate: Gate, devices: Devices, options: ConnectionOptions) {
    this.#gate = gate;
    this.#options = options;
    devices.onRevoked((device) => {
      for (const [connection, own] of this.#connections) if (own === device) connection.close(CLOSE.unauthorized, "signed out");
    });
  }

  /** Handles an upgrade request: accepts it or answers why not. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const admitted = this.#admit(request, socket);
    if (admitted === "refused") return;
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      ws.on("error", (error) => this.#options.log.info({ err: error }, "a client's socket failed"));
      // A browser is not shown the status of a refused upgrade, so it is accepted to say why (PROTOCOL §2.2).
      if (admitted === "unauthorized") ws.close(CLOSE.unauthorized, "sign in again");
      else this.#accept(ws, admitted, request.url ?? "");
    });
  }

  /** Closes all connections, saying why. */
  close(code: number, reason: string): void {
    for (const connection of this.#connections.keys()) connection.close(code, reason);
    this.#server.close();
  }

  #admit(request: IncomingMessage, socket: Duplex): DeviceRow | "unauthorized" | "refused" {
    try {
      const { host, origin, authorization, cookie } = request.headers;
      const asked = { host, origin, authorization, cookie };
      this.#gate.checkPlace(asked);
      if (request.url?.split("?", 1)[0] !== PATH) {
        refuse(socket, 404, `{"error":{"code":"not-found","message":"Sockets are at ${PATH}.","correlation":""}}`);
        return "refused";
      }
      return this.#gate.authenticate(asked);
    } catch (error) {
      if (error instanceof PerdureError && error.code === "unauthorized") return "unauthorized";
      const { status, body } = describeFailure(error, this.#options.log);
      refuse(socket, status, JSON.stringify(body));
      return "refused";
    }
  }

  #accept(ws: WebSocket, device: DeviceRow, url: string): void {
    const connection = new Connection(
      {
        get bufferedAmount() {
          return ws.bufferedAmount;
        },
        send: (frame) => ws.send(frame),
        close: (code, reason) => ws.close(code, reason),
        terminate: () => ws.terminate(),
      },
      this.#options,
    );
    this.#connections.set(connection, device.id);
    ws.on("message", (data: RawData, isBinary) => {
      if (isBinary) connection.receive(toBytes(data));
      else connection.close(CLOSE.badMessage, "a message is a binary frame");
    });
    ws.on("close", () => {
      this.#connections.delete(connection);
      connection.closed();
    });
    receiveEarly(connection, url);
  }
}

/** What the client said with its request comes before everything else. */
function receiveEarly(connection: Connection, url: string): void {
  try {
    for (const frame of earlyFramesOf(url)) connection.receive(frame);
  } catch {
    connection.close(CLOSE.badMessage, "bad message");
  }
}

function toBytes(data: RawData): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return Array.isArray(data) ? Buffer.concat(data) : data;
}

function refuse(socket: Duplex, status: number, json: string): void {
  const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\nConnection: close\r\n\r\n`;
  socket.end(head + json, () => socket.destroy());
}
