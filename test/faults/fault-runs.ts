// All fault runs, in the order in which they are best read.

import type { FaultRun } from "./fault-run.ts";
import { serverKill } from "./server-kill.ts";

export const faultRuns: readonly FaultRun[] = [serverKill];
