/**
 * The suite that every engine must pass: `storeAcceptance(name, setup)` inside a test file. It knows nothing but the interface.
 */
import { afterEach, beforeEach, describe } from "vitest";
import { commits } from "./acceptance/commits.ts";
import { boots, lives } from "./acceptance/lives.ts";
import { modelProperty } from "./acceptance/model.ts";
import { credentials, numbers, registry } from "./acceptance/registry.ts";
import { type AcceptancePlace, type Parts, RUN, SESSION } from "./acceptance/rows.ts";
import { retention, snapshots } from "./acceptance/snapshots.ts";
import { edges, streams } from "./acceptance/streams.ts";
import type { Store } from "./store.ts";

export type { AcceptancePlace } from "./acceptance/rows.ts";

/** Declares the suite. `setup` gives an empty place for each test. */
export function storeAcceptance(name: string, setup: () => Promise<AcceptancePlace>): void {
  describe(`the store: ${name}`, () => {
    let place: AcceptancePlace;
    let store: Store;

    beforeEach(async () => {
      place = await setup();
      store = await place.open();
      await store.commit(
        [
          { op: "put-session", session: SESSION },
          { op: "put-run", run: RUN },
        ],
        "full",
      );
    });

    afterEach(() => place.remove());

    const parts: Parts = { place: () => place, store: () => store };
    for (const situations of [streams, edges, commits, numbers, registry, credentials, snapshots, retention, lives, boots])
      situations(parts);
    modelProperty(() => place);
  });
}
