/** Since when the page shows the past. Follows the client from its beginning, so that every view says the same time. */
import type { Client } from "@perdure/client";

export interface LastLive {
  /** Milliseconds since 1970; `undefined` while connected, and before the first connection. */
  readonly at: number | undefined;
}

export function followLastLive(client: Client, now: () => number): LastLive {
  let wasLive = client.state.is === "connected";
  let at: number | undefined;
  client.subscribe(() => {
    const isLive = client.state.is === "connected";
    if (isLive) at = undefined;
    else if (wasLive) at = now();
    wasLive = isLive;
  });
  return {
    get at() {
      return at;
    },
  };
}
