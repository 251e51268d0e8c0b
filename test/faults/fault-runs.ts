// All fault runs, in the order in which they are best read.

import { chatChaos } from "./chat-chaos.ts";
import { chatMatrix } from "./chat-matrix.ts";
import { cutAttachRun } from "./cut-attach.ts";
import { cutPageRun } from "./cut-page.ts";
import { cutRun } from "./cut.ts";
import type { FaultRun } from "./fault-run.ts";
import { hostKill } from "./host-kill.ts";
import { network } from "./network.ts";
import { pageAwayRun } from "./page-away.ts";
import { powerCut } from "./power-cut.ts";
import { serverFrozen } from "./server-frozen.ts";
import { serverKill } from "./server-kill.ts";
import { spoolBehind } from "./spool-behind.ts";
import { viewersRun } from "./viewers.ts";
import { vttestPageRun } from "./vttest-page.ts";

export const faultRuns: readonly FaultRun[] = [
  serverKill,
  serverFrozen,
  spoolBehind,
  hostKill,
  powerCut,
  network,
  chatMatrix,
  chatChaos,
  viewersRun,
  cutRun,
  cutPageRun,
  cutAttachRun,
  vttestPageRun,
  pageAwayRun,
];
