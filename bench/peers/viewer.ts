// Looks at one session, or at one program of the bare relay, as fast as it can, in a process of its own.
//
//   viewer.ts perdure URL TOKEN SESSION     viewer.ts bare URL     tells its parent "seen" once output flows

import { WebSocket } from "ws";
import { RawConnection } from "../../test/harness/raw-connection.ts";

const enoughBytes = 4 * 1024 * 1024;
const [kind, url = "", token = "", session = ""] = process.argv.slice(2);
let bytes = 0;
function saw(more: number): void {
  if (bytes < enoughBytes && bytes + more >= enoughBytes) process.send?.("seen");
  bytes += more;
}

if (kind === "bare") new WebSocket(url, { perMessageDeflate: false }).on("message", (data) => saw((data as Buffer).length));
else {
  const connection = await RawConnection.greet(url, { token });
  let end = 0;
  connection.onFrame((frame) => {
    if (frame.is !== "output" && frame.is !== "snapshot") return;
    const seen = frame.is === "output" ? frame.offset + frame.data.length : frame.offset;
    saw(seen - end);
    end = seen;
  });
  connection.attach(session, { mode: "screen" });
}
