// vttest in a session with a page on it: at some of its pages the page leaves the session and returns, or is loaded anew. Before and after, and
// when the next page has come, its terminal must be the one of somebody who never left, in every field. The session has vttest's size, which
// another device sets; the page shows it as it is.

import type { Page } from "playwright-core";
import { connectClient, silentViewer } from "../harness/library-client.ts";
import { noteTerminals, untilShown } from "../harness/shown-terminal.ts";
import { StayedTerminal } from "../harness/stayed-terminal.ts";
import { until } from "../harness/until.ts";
import { WebSituation } from "../harness/web-situation.ts";
import { ensureProgram } from "../screen/debian.ts";
import { ALL_PAGES, vttestCommand, vttestSize, VttestWalk } from "../screen/vttest.ts";
import { leaveAndReturn } from "./cut-page.ts";
import type { FaultReport, FaultRun } from "./fault-run.ts";

/** Pages of vttest. */
const allPages = 200;
/** Each so manieth return is a load of the page, the others are ways within it. */
const loadEach = 4;

export const vttestPageRun: FaultRun = {
  name: "vttest-page",
  question: "is the page's terminal, left and found again at pages of vttest, the one that stayed, in every field?",
  times: allPages,
  async run({ times, seed, say }) {
    if (!ensureProgram("vttest")) return { rows: [{ pages: 0, left: 0, loaded: 0 }], failures: [] };
    const situation = new WebSituation({});
    try {
      await situation.start();
      return await walkAll(situation, times, seed, say);
    } finally {
      await situation.close();
    }
  },
};

async function walkAll(situation: WebSituation, times: number, seed: number, say: (line: string) => void): Promise<FaultReport> {
  const session = await situation.session(vttestCommand);
  const sizer = connectClient(situation.home);
  const walk = new VttestWalk(ALL_PAGES);
  let state: ReturnType<VttestWalk["printed"]> = "at work";
  const stayed = await StayedTerminal.of(situation.home, session, (data) => (state = walk.printed(data)));
  try {
    const attachment = sizer.attach({ session, mode: "screen", viewer: silentViewer(), visible: true, ...vttestSize });
    await until("the first menu", () => state === "page");
    attachment.takeControl();
    const page = await openPage(situation, session);
    const type = (key: string): Promise<unknown> => {
      state = "at work";
      stayed.type(key);
      return until(`vttest waiting behind ${walk.page}`, () => state !== "at work", { everyMs: 5 });
    };
    return await walkPages({ page, stayed, walk, type, isAtPage: () => state === "page", times, seed, say });
  } finally {
    sizer.close();
    stayed.close();
  }
}

async function openPage(situation: WebSituation, session: string): Promise<Page> {
  const app = await situation.signedIn();
  await noteTerminals(app.page.context());
  await situation.openSession(app, session);
  await app.page.getByText(`${vttestSize.cols} × ${vttestSize.rows}, set by another screen`).waitFor();
  return app.page;
}

interface Walking {
  readonly page: Page;
  readonly stayed: StayedTerminal;
  readonly walk: VttestWalk;
  /** Resolves when vttest waits again. */
  readonly type: (key: string) => Promise<unknown>;
  readonly isAtPage: () => boolean;
  readonly times: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

async function walkPages({ page, stayed, walk, type, isAtPage, times, seed, say }: Walking): Promise<FaultReport> {
  const failures: string[] = [];
  const count = { pages: 0, left: 0, loaded: 0 };
  const step = Math.max(1, Math.floor(allPages / times));
  const compare = async (when: string): Promise<void> => {
    await untilShown(page, stayed.state).catch((error: Error) => failures.push(`${walk.page}, ${when}: ${error.message}`));
  };
  for (let key: string | undefined = ""; key !== undefined; key = walk.next()) {
    if (key !== "") await type(key);
    if (!isAtPage() || count.pages++ % step !== seed % step) continue;
    await compare("before it was left");
    count.left += 1;
    if (count.left % loadEach === 0) {
      count.loaded += 1;
      await page.reload();
    } else await leaveAndReturn(page);
    await compare("after the return");
    if (count.left % 20 === 0) say(`${count.pages} pages, ${failures.length} failed`);
  }
  return { rows: [count], failures };
}
