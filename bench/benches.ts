import { attach, replay } from "./attach.ts";
import type { Bench } from "./bench.ts";
import { chat } from "./chat.ts";
import { commit } from "./commit.ts";
import { echo } from "./echo.ts";
import { firehose } from "./firehose.ts";
import { ingest } from "./ingest.ts";
import { memory } from "./memory.ts";
import { restart } from "./restart.ts";
import { scroll } from "./scroll.ts";
import { storage } from "./storage.ts";
import { wake } from "./wake.ts";

export const benches: readonly Bench[] = [ingest, firehose, echo, attach, wake, scroll, replay, restart, memory, storage, commit, chat];
