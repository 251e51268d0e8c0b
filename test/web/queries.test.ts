// All that programs ask a terminal, with a page, a terminal and a terminal that only looks attached at once: each is answered once, by the
// server, or by nobody.

import { expect, test } from "vitest";
import { CommandLine } from "../harness/command-line.ts";
import { queryAsker } from "../harness/programs.ts";
import { webForThisFile } from "../harness/set-up.ts";
import type { WebSituation } from "../harness/web-situation.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

const ESC = "\u001b";
const ST = `${ESC}\\`;
const rgb = "rgb:[0-9a-f]{4}/[0-9a-f]{4}/[0-9a-f]{4}";

/** What is asked, and the answer as a pattern without escapes; none: nobody answers. */
const QUERIES: readonly (readonly [query: string, answer?: string])[] = [
  [`${ESC}[c`, "[?1;2c"],
  [`${ESC}[>c`, "[>0;276;0c"],
  [`${ESC}[=c`],
  [`${ESC}Z`],
  ["\u0005"],
  [`${ESC}[6n`, "[#;#R"],
  [`${ESC}[?6n`, "[?#;#R"],
  [`${ESC}[?15n`],
  [`${ESC}[?996n`],
  [`${ESC}[4$p`, "[4;2$y"],
  [`${ESC}[?2004$p`, "[?2004;2$y"],
  [`${ESC}[?2026$p`, "[?2026;2$y"],
  [`${ESC}P$qm${ST}`, "P1$r0m\\"],
  [`${ESC}P$q"p${ST}`, 'P1$r61;1"p\\'],
  [`${ESC}P$q q${ST}`, "P1$r# q\\"],
  [`${ESC}[>q`, "P>|xterm.js(6.0.0)\\"],
  [`${ESC}[>0q`, "P>|xterm.js(6.0.0)\\"],
  [`${ESC}]4;1;?${ST}`, "]4;1;@\\"],
  [`${ESC}]10;?${ST}`, "]10;@\\"],
  [`${ESC}]11;?${ST}`, "]11;@\\"],
  [`${ESC}]12;?${ST}`, "]12;@\\"],
  [`${ESC}]10;?;?${ST}`, "]10;@\\]11;@\\"],
  [`${ESC}]52;c;?${ST}`],
  [`${ESC}[14t`],
  [`${ESC}[16t`],
  [`${ESC}[18t`, "[8;#;#t"],
  [`${ESC}[19t`],
  [`${ESC}[20t`],
  [`${ESC}[21t`],
  [`${ESC}[?u`],
  [`${ESC}P+q544e;436f${ST}`],
  [`${ESC}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA${ST}`],
  [`${ESC}[x`],
  [`${ESC}[5n`, "[0n"],
];

/** `#` stands for a number, `@` for a colour. */
function pattern(answer: string): string {
  const escaped = answer.replaceAll(/[[\]\\^$.|?*+()]/g, String.raw`\$&`);
  return escaped.replaceAll("#", String.raw`\d+`).replaceAll("@", rgb);
}

test("what programs ask is answered once, with a page, a terminal and one that only looks attached", async () => {
  const cli = new CommandLine(situation.home);
  const session = await situation.session(queryAsker(QUERIES.map(([query]) => query)));
  const page = await situation.viewer(session);
  const [terminal, onlooker] = [cli.terminal(["attach", session]), cli.terminal(["attach", "-r", session])];
  try {
    await page.untilRow("ready");
    for (const each of [terminal, onlooker]) await each.untilRow("ready");
    await page.type("g");
    await page.untilRow("answered");
    for (const each of [terminal, onlooker]) await each.untilRow("answered");
    // Whatever somebody had to say he has said before what he types later.
    onlooker.type("onlooker ");
    await page.type("page ");
    await page.untilRow(/^heard \w*page$/);
    terminal.type("terminal ");
    await terminal.untilRow("heard terminal");
    terminal.type("x");
    expect(await terminal.end()).toMatchObject({ code: 0 });
    const log = (await situation.home.api.send("GET", `/api/sessions/${session}/history?format=text`)).text;
    const read = JSON.parse(/^read (".*")\r?$/m.exec(log)?.[1] ?? '""') as string;
    const answers = QUERIES.map(([, answer = ""]) => pattern(answer)).join("");
    expect(read.replaceAll(ESC, "")).toMatch(new RegExp(`^${answers}page terminal x$`));
    for (const each of [terminal, onlooker]) expect(each.answers).toBe("");
  } finally {
    await Promise.all([terminal.close(), onlooker.close()]);
  }
});
