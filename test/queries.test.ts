// What a program asks its terminal while nobody, or everything else, wants something of the server: answered in time, once, and never typed
// into a program that did not ask.

import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { PerdureHome } from "./harness/perdure-home.ts";
import { RawConnection } from "./harness/raw-connection.ts";
import { homeForEachTest } from "./harness/set-up.ts";
import { until } from "./harness/until.ts";

let home: PerdureHome;

homeForEachTest(async (made) => {
  home = made;
  await home.start();
});

/** Asks where the cursor is, waits for the answer as scripts do, and says it, and then whatever else it hears in a second. */
const ask = String.raw`printf '\033[1;5H\033[6n'
IFS= read -rs -t "$1" -d R answer; printf '%q ' "$answer" >>"$2"
IFS= read -rs -t 1 -n 1 more; printf '%q\n' "$more" >>"$2"
`;
const answered = String.raw`$'\E[1;5' ''`;

/** Runs a script in bash; `$1` is the patience of its questions in seconds, `$2` the file that it writes. Answers the session. */
async function script(text: string, patienceSeconds = 2): Promise<string> {
  const command = ["bash", home.write("script.sh", text), String(patienceSeconds), home.path("said")];
  return (await home.api.create({ command, environment: { variables: home.variables } })).id;
}

async function said(session: string): Promise<string> {
  await home.api.untilRun(session, "exited");
  return readFileSync(home.path("said"), "utf8");
}

/** A session that prints without a pause, to somebody who looks. */
async function flood(): Promise<RawConnection> {
  const command = [
    "sh",
    "-c",
    `while :; do cat "$1"; done`,
    "sh",
    home.write("flood", "the same line again and again \x1b[31mred\x1b[m\n".repeat(40_000)),
  ];
  const { id } = await home.api.create({ command, environment: { variables: home.variables } });
  const viewer = await RawConnection.greet(home.url, { token: home.token });
  const running = viewer.untilFrame("a flood", (frame) => frame.is === "output" && frame.offset > 4_000_000);
  viewer.attach(id);
  await running;
  return viewer;
}

test("a script hears the answer while another session floods", async () => {
  const viewer = await flood();
  expect(await said(await script(ask.repeat(3)))).toBe(`${answered}\n`.repeat(3));
  viewer.cut();
});

test("a script hears the answer behind its own flood, whether somebody looks or not", async () => {
  const printing = String.raw`seq -f 'line %.0f of many, as long as lines of programs are' 500000
`;
  expect(await said(await script(printing + ask))).toBe(`${answered}\n`);
  const watched = await script(`read -r go\n${printing}${ask}`);
  const viewer = await RawConnection.greet(home.url, { token: home.token });
  viewer.attach(watched, { mode: "screen" });
  await viewer.message("attached");
  viewer.input(1, 1, "typist", 1, "go\n");
  expect(await said(watched)).toBe(`${answered}\n`.repeat(2));
  viewer.cut();
});

test("what was asked of a server that stood still is not answered when it goes on", async () => {
  // The program stops the server itself, asks, gives up after 3 s, and listens for whatever comes later.
  const frozen = `kill -STOP ${home.server.pid}\n${ask.replace("IFS= read -rs -t 1 -n 1 more", `kill -CONT ${home.server.pid}; IFS= read -rs -t 2 -n 1 more`)}`;
  const session = await script(frozen, 3);
  expect(await said(session)).toBe("'' ''\n");
});

test.for([
  "server-after-receive",
  "server-before-commit",
  "server-after-commit",
  "server-after-broadcast",
  "server-before-host-ack",
  "server-after-host-ack",
])("a server killed at %s, between question and answer: one answer in all", async (point) => {
  const cue = home.path("go");
  const session = await script(`: >${home.path("ready")}\nwhile [ ! -e ${cue} ]; do read -rs -t 0.02 none; done\n${ask}`, 10);
  await until("a script that waits", () => existsSync(home.path("ready")));
  await home.killServerAndRestart({ env: { PERDURE_CRASH: `${point}:1` } });
  home.write("go", "");
  expect((await home.server.exit(20_000)).signal).toBe("SIGKILL");
  await home.start();
  expect(await said(session)).toBe(`${answered}\n`);
});

test("what a run asks with its last words is not typed into the next one", async () => {
  const file = home.path("heard");
  const command = [
    "bash",
    "-c",
    String.raw`if [ -e "$1" ]; then IFS= read -rs -t 2 -n 1 more; printf 'heard %q\n' "$more" >"$1"; else : >"$1"; printf '\033[c\033[6n\033[5n'; fi`,
    "sh",
    file,
  ];
  const { id } = await home.api.create({ command, environment: { variables: home.variables } });
  await home.api.untilRun(id, "exited");
  await home.api.startRun(id);
  await until("the second run's word", () => readFileSync(file, "utf8") !== "");
  expect(readFileSync(file, "utf8")).toBe("heard ''\n");
});

/** Everything that vim was told, and its text: empty, unless an answer was taken for keys. */
const vimScript = String.raw`
set nomore ttimeout ttimeoutlen=2000
func Tell(timer)
  call writefile([json_encode([v:termresponse, v:termrbgresp, v:termblinkresp]), json_encode(getline(1, '$')), mode()], $SAID)
  qall!
endfunc
call timer_start(1500, 'Tell')
`;

test.runIf(existsSync("/usr/bin/vim"))(
  "vim is told all it asks at its start while another session floods, and takes none of it for keys",
  async () => {
    const viewer = await flood();
    const command = ["vim", "-Nu", home.write("vimrc", vimScript), "-i", "NONE", "-n"];
    const { id } = await home.api.create({ command, environment: { variables: { ...home.variables, SAID: home.path("said") } } });
    const [told = "", text, mode] = (await said(id)).split("\n");
    const wanted = ["\u001b[>0;276;0c", expect.stringContaining("]11;rgb:"), expect.stringMatching(/\[\?12;[0-4]\$y$/)];
    expect(JSON.parse(told)).toEqual(wanted);
    expect([text, mode]).toEqual(['[""]', "n"]);
    viewer.cut();
  },
);

test.runIf(existsSync("/usr/bin/fish"))(
  "fish gets its prompt at once while another session floods, and an empty command line",
  async () => {
    const viewer = await flood();
    const { id } = await home.api.create({ command: ["fish", "--no-config"], environment: { variables: home.variables } });
    const typist = await RawConnection.greet(home.url, { token: home.token });
    typist.attach(id, { mode: "screen" });
    await typist.message("attached");
    typist.input(1, 1, "typist", 1, `commandline >${home.path("said")}; exit\r`);
    expect(await said(id)).toBe("\n");
    for (const each of [viewer, typist]) each.cut();
  },
);
