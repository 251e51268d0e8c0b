// The limit of reading a terminal: node-pty's native fork and a stream on the master whose bytes are only counted.
//
//   read-loop.ts PROGRAM [ARGUMENT…]     tells its parent { bytes, endedAt } when the output has ended

import { createRequire } from "node:module";
import * as tty from "node:tty";

type Fork = (...args: readonly unknown[]) => { readonly fd: number; readonly pid: number };

const find = createRequire(createRequire(import.meta.url).resolve("@lydell/node-pty"));
const folder = `@lydell/node-pty-${process.platform}-${process.arch}`;
const { fork } = find(`${folder}/pty.node`) as { readonly fork: Fork };
const helper = process.platform === "darwin" ? find.resolve(`${folder}/spawn-helper`) : "";

const [file = "", ...args] = process.argv.slice(2);
const env = Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ""}`);
let bytes = 0;
const onread = {
  buffer: Buffer.allocUnsafe(64 * 1024),
  callback: (count: number) => {
    bytes += count;
    return true;
  },
};
const { fd } = fork(file, args, env, "/", 120, 40, -1, -1, true, helper, () => undefined);
new tty.ReadStream(fd, { onread })
  .on("error", () => undefined) // EIO: the terminal was closed by its last program
  .on("close", () => process.send?.({ bytes, endedAt: performance.timeOrigin + performance.now() }, () => process.exit()))
  .resume();
