// The least that keeps what it shows: terminal to SQLite to WebSocket. Committed before it is sent, gathered for 4 ms or 64 KiB.
//
//   relay.ts DATABASE PROGRAM [ARGUMENT…]     tells its parent { port }; the program starts with the first connection

import { DatabaseSync } from "node:sqlite";
import pty from "@lydell/node-pty";
import { WebSocketServer } from "ws";

const [file = "", program = "", ...args] = process.argv.slice(2);
const db = new DatabaseSync(file);
db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE chunk (offset INTEGER PRIMARY KEY, time REAL, data BLOB)");
const insert = db.prepare("INSERT INTO chunk VALUES (?, ?, ?)");

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("listening", () => process.send?.(server.address()));
server.once("connection", (socket) => {
  let gathered: Buffer[] = [];
  let [bytes, offset, sentAt] = [0, 0, 0];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const data = Buffer.concat(gathered, bytes);
    [gathered, bytes, sentAt] = [[], 0, performance.now()];
    insert.run(offset, Date.now(), data);
    offset += data.length;
    socket.send(data);
  };
  pty.spawn(program, args, { cols: 120, rows: 40, encoding: null }).onData((text) => {
    const data = text as unknown as Buffer; // without an encoding, it gives bytes
    gathered.push(data);
    bytes += data.length;
    if (bytes >= 65_536 || performance.now() - sentAt > 4) flush();
    else timer ??= setTimeout(flush, 4);
  });
});
