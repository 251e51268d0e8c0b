// The host is killed, at every step that it has and at random moments. What cannot be kept is a program on a terminal; it must be said to be
// lost, with the reason. Everything else is kept: what it printed so far, the session, and programs on pipes, which the next host adopts.

import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { SessionInfo } from "@perdure/protocol";
import { HOST_STEPS } from "../../packages/server/src/platform/crash.ts";
import { prefixDifference } from "../harness/byte-record.ts";
import { PerdureHome } from "../harness/perdure-home.ts";
import { isAlive, killHard, untilGone } from "../harness/processes.ts";
import { inputRecorder, numberedLines } from "../harness/programs.ts";
import { Random } from "../harness/random.ts";
import { RawConnection } from "../harness/raw-connection.ts";
import { readLog } from "../harness/session-log.ts";
import { ShownRecorder } from "../harness/shown-recorder.ts";
import { Typist } from "../harness/typist.ts";
import { until } from "../harness/until.ts";
import type { FaultReport, FaultRun } from "./fault-run.ts";

/** Each step in turn, then some moment; the one of starting a program has a test of its own. */
const places = [...HOST_STEPS, "any moment"] as const;
type Place = (typeof places)[number];

const printedPerSecond = 1_000_000;
/** The most that a host takes out of a pipe at once. */
const maxReadBytes = 64 * 1024;

export const hostKill: FaultRun = {
  name: "host-kill",
  question: "When the host is killed, is the loss said, the rest kept, and a program on pipes adopted?",
  times: 30,
  run: async ({ times, seed, say }) => {
    const random = new Random(seed);
    const rows: FaultReport["rows"][number][] = [];
    const failures: string[] = [];
    for (let time = 0; time < times; time += 1) {
      const place = places[time % places.length] ?? "any moment";
      const home = new PerdureHome();
      try {
        const scene = await Scene.start(home, place, random);
        await scene.hostDies();
        failures.push(...(await scene.check()).map((failure) => `${place}: ${failure}`));
        rows.push({
          "killed at": place,
          "bytes printed": scene.printedBytes,
          "of them in the log": scene.loggedBytes,
          "lost of the pipe": scene.pipedGap,
        });
      } finally {
        await home.close();
      }
      say(`${time + 1} of ${times} kills, ${failures.length} failures`);
    }
    return { rows, failures };
  },
};

interface Parts {
  readonly printer: SessionInfo;
  readonly listener: SessionInfo;
  readonly piped: SessionInfo;
  /** Prints into a pipe, before, while and after there is no host. */
  readonly pipedPrinter: SessionInfo;
  readonly shown: ShownRecorder;
  readonly typist: Typist;
  readonly host: number;
}

class Scene {
  pipedGap = 0;
  printedBytes = 0;
  loggedBytes = 0;
  readonly #home: PerdureHome;
  readonly #place: Place;
  readonly #random: Random;
  readonly #parts: Parts;

  private constructor(home: PerdureHome, place: Place, random: Random, parts: Parts) {
    this.#home = home;
    this.#place = place;
    this.#random = random;
    this.#parts = parts;
  }

  static async start(home: PerdureHome, place: Place, random: Random): Promise<Scene> {
    const passes = random.between(30, 60);
    await home.start({ env: place === "any moment" ? {} : { PERDURE_CRASH: `${place}:${passes}` } });
    const host = await home.hostPid();
    await home.killServerAndRestart(); // the next host must not die, too
    const environment = { variables: home.variables };
    const lines = { record: home.path("record"), seed: passes, bytesPerSecond: printedPerSecond, wait: home.path("go") };
    const piped = await home.api.create({ command: inputRecorder(home.path("piped")), kind: "pipe", environment });
    const listener = await home.api.create({ command: inputRecorder(home.path("heard")), environment });
    const printer = await home.api.create({ command: numberedLines(lines), environment });
    const pipedLines = { ...lines, record: home.path("piped-record"), stop: home.path("stop") };
    const pipedPrinter = await home.api.create({ command: numberedLines(pipedLines), kind: "pipe", environment });
    await until("the programs", () => existsSync(home.path("piped")) && existsSync(home.path("heard")));
    const shown = ShownRecorder.start(home, printer.id);
    const typist = await Typist.start(home, listener.id, { everyMs: 10 });
    home.write("go", "");
    return new Scene(home, place, random, { printer, listener, piped, pipedPrinter, shown, typist, host });
  }

  async hostDies(): Promise<void> {
    const { host } = this.#parts;
    if (this.#place !== "any moment") return untilGone(host, 60_000);
    await until("output", () => this.#parts.shown.shown.end > 0);
    await delay(this.#random.between(0, 500));
    await killHard(host);
  }

  async check(): Promise<string[]> {
    const { printer, listener, shown, typist } = this.#parts;
    const wrong: string[] = [];
    for (const { id } of [printer, listener]) {
      const { run } = await this.#home.api.untilRun(id, "lost");
      if (run.state.is === "lost" && run.state.reason !== "host-died") wrong.push(`the run is lost because of ${run.state.reason}`);
    }
    typist.abandon();
    const record = readFileSync(this.#home.path("record"));
    const log = await readLog(this.#home, printer.id);
    this.printedBytes = record.length;
    this.loggedBytes = log.length;
    await shown.untilShown(log.length);
    await shown.stop();
    const checks = [
      ["the log is not a prefix of what was printed", prefixDifference(log, record)],
      ["what was shown is not a prefix of the log", prefixDifference(shown.shown.bytes, log)],
      [
        "what was heard is not a prefix of what was typed",
        prefixDifference(readFileSync(this.#home.path("heard")), Buffer.from(typist.typed)),
      ],
    ] as const;
    wrong.push(...checks.flatMap(([what, difference]) => (difference === null ? [] : [`${what}: ${difference}`])));
    return [
      ...wrong,
      ...shown.failures,
      ...(await this.#wrongPiped()),
      ...(await this.#wrongPipedPrinter()),
      ...(await this.#wrongNewRun(log)),
    ];
  }

  /** What was printed into a pipe is all there, but for a piece that the host had read and not yet written down. */
  async #wrongPipedPrinter(): Promise<string[]> {
    const { pipedPrinter } = this.#parts;
    const record = (): Buffer => readFileSync(this.#home.path("piped-record"));
    const before = record().length;
    await until("more output into the pipe", () => record().length > before + 100_000);
    this.#home.write("stop", "");
    await until("the end of the program that prints into a pipe", async () => {
      const { run } = await this.#home.api.session(pipedPrinter.id);
      return run.state.is !== "running";
    });
    const log = await readLog(this.#home, pipedPrinter.id);
    const gap = gapBetween(log, record());
    this.pipedGap = gap ?? -1;
    if (gap === undefined) return ["the log of the pipe is not what was printed, even without one piece"];
    return gap > (this.#place === "host-after-read" ? maxReadBytes : 0) ? [`${gap} bytes of the pipe are missing`] : [];
  }

  /** The program on pipes is the same, hears and is heard. */
  async #wrongPiped(): Promise<string[]> {
    const { id, run: before } = this.#parts.piped;
    const { run } = await this.#home.api.untilRun(id, "running");
    const pid = run.state.is === "running" ? run.state.pid : 0;
    if (run.id !== before.id || before.state.is !== "running" || before.state.pid !== pid || !isAlive(pid))
      return ["the program on pipes is another"];
    const connection = await RawConnection.greet(this.#home.url, { token: this.#home.token });
    connection.attach(id);
    await connection.message("attached");
    const answered = connection.untilFrame(
      "an answer of the program on pipes",
      (frame) => frame.is === "output" && Buffer.from(frame.data).includes("have 5"),
    );
    connection.input(1, run.number, `after-${pid}`, 1, "hello");
    await answered;
    connection.cut();
    const heard = readFileSync(this.#home.path("piped"), "utf8");
    return heard === "hello" ? [] : [`the program on pipes heard ${JSON.stringify(heard)}`];
  }

  /** A new run goes on in the same session, below what was. */
  async #wrongNewRun(log: Buffer): Promise<string[]> {
    const { printer } = this.#parts;
    const { run } = await this.#home.api.startRun(printer.id, { environment: { variables: this.#home.variables } });
    await until("output of the new run", async () => (await readLog(this.#home, printer.id)).length > log.length + 100_000, {
      everyMs: 100,
    });
    const longer = await readLog(this.#home, printer.id);
    return run.number === 2 && prefixDifference(log, longer) === null ? [] : ["the new run does not continue the session"];
  }
}

/** Bytes missing from `part` in one place, compared with `whole`; `undefined` if it is not `whole` without one piece. */
function gapBetween(part: Buffer, whole: Buffer): number | undefined {
  let same = 0;
  while (same < part.length && part[same] === whole[same]) same += 1;
  const gap = whole.length - part.length;
  return gap >= 0 && part.subarray(same).equals(whole.subarray(same + gap)) ? gap : undefined;
}
