// The least there is between a terminal and a socket: one process, nothing kept, nothing gathered.
//
//   bare.ts     tells its parent { port }; each connection to /?command=[…] gets a program on a terminal of its own

import type { IncomingMessage } from "node:http";
import pty from "@lydell/node-pty";
import { WebSocketServer, type WebSocket } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("listening", () => process.send?.(server.address()));
server.on("connection", (socket: WebSocket, request: IncomingMessage) => {
  const [program = "", ...args] = JSON.parse(
    new URL(request.url ?? "", "http://localhost").searchParams.get("command") ?? "[]",
  ) as string[];
  const terminal = pty.spawn(program, args, { cols: 120, rows: 40, encoding: null });
  terminal.onData((data) => socket.send(data));
  socket.on("message", (data) => terminal.write((data as Buffer).toString()));
  socket.on("close", () => terminal.kill("SIGKILL"));
});
