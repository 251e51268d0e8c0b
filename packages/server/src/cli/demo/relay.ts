/**
 * A network that can be cut: a TCP relay on this machine. While it is cut, every connection through it is reset and none is
 * accepted.
 */
import * as net from "node:net";
import type { AddressInfo } from "node:net";

export interface Relay {
  readonly url: string;
  setCut(isCut: boolean): void;
  close(): Promise<void>;
}

/** `target`: the port behind it, asked for at each connection. */
export async function openRelay(target: () => number): Promise<Relay> {
  const sockets = new Set<net.Socket>();
  let isCut = false;
  const keep = (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy()); // either side may vanish at any moment: that is its purpose
  };
  const server = net.createServer((near) => {
    keep(near);
    if (isCut) {
      near.resetAndDestroy();
      return;
    }
    const far = net.connect({ port: target(), host: "127.0.0.1" });
    keep(far);
    near.pipe(far).pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const cutAll = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: `http://localhost:${port}`,
    setCut: (cut) => {
      isCut = cut;
      if (cut) cutAll();
    },
    close: () => {
      cutAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
