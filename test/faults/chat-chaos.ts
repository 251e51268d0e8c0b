// Server, agent and host are killed under answers that come a word each 5 ms: at every step that a message and its answer pass, and at any
// moment. After each kill the conversation must be whole: nothing that was taken or shown is lost, nothing is doubled, nothing is stuck.

import { setTimeout as delay } from "node:timers/promises";
import { CHAT_STEPS } from "../../packages/server/src/platform/crash.ts";
import { ChatLoad } from "../chat/chat-load.ts";
import { PerdureHome } from "../harness/perdure-home.ts";
import { killHard } from "../harness/processes.ts";
import { Random } from "../harness/random.ts";
import { within } from "../harness/until.ts";
import type { FaultOptions, FaultReport, FaultRun } from "./fault-run.ts";

const storeSteps = ["store-before-transaction", "store-inside-transaction", "store-after-transaction"] as const;
const serverSteps = [...CHAT_STEPS, ...storeSteps] as const;
const moments = [
  "server, any moment",
  "agent, any moment",
  "host, any moment",
  "server and agent, any moment",
  "all at once, any moment",
] as const;
/** Where something is killed, in the order in which a short run takes them. */
export const chatPlaces = [...serverSteps, ...moments] as const;
type Place = (typeof chatPlaces)[number];

/** A reader who begins anew is given all events of a session that is not longer. */
const killsPerSession = 6;
const mostMsIntoAnswer = 400;
const killTimeoutMs = 30_000;

export const chatChaos: FaultRun = {
  name: "chat-chaos",
  question: "Is anything of a conversation lost, doubled or stuck when server, agent and host are killed under its answers?",
  times: 100,
  run: async (options) => new ChatChaos(options).run(),
};

class ChatChaos {
  readonly #options: FaultOptions;
  readonly #random: Random;
  readonly #kills = new Map<Place, number>(chatPlaces.map((place): [Place, number] => [place, 0]));
  readonly #failures: string[] = [];
  #messages = 0;
  #lines = 0;
  #said = 0;

  constructor(options: FaultOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async run(): Promise<FaultReport> {
    const { times } = this.#options;
    const plan = this.#random.shuffled(Array.from({ length: times }, (_, index): Place => chatPlaces[index % chatPlaces.length]!));
    while (plan.length > 0) await this.#round(plan.splice(0, killsPerSession));
    return { rows: this.#rows(), failures: this.#failures };
  }

  async #round(places: readonly Place[]): Promise<void> {
    const home = new PerdureHome();
    try {
      await home.start();
      const load = await ChatLoad.start(home);
      for (const place of places) {
        await this.#kill(home, load, place);
        this.#kills.set(place, (this.#kills.get(place) ?? 0) + 1);
        this.#failures.push(...(await load.settle()).map((failure) => `${place}: ${failure}`));
        const done = [...this.#kills.values()].reduce((sum, count) => sum + count, 0);
        this.#options.say(`${done} of ${this.#options.times} kills, ${this.#failures.length} failures`);
      }
      this.#messages += load.messages;
      this.#lines += load.lines;
      this.#said += load.said;
      await load.stop();
    } finally {
      await home.close();
    }
  }

  async #kill(home: PerdureHome, load: ChatLoad, place: Place): Promise<void> {
    if (isStep(place)) return this.#dieAt(home, load, place);
    await load.say();
    await delay(this.#random.between(0, mostMsIntoAnswer));
    if (place.startsWith("all")) await home.killEverything();
    if (place.includes("agent")) await killHard(await load.agentPid()).catch(() => undefined); // it may have ended meanwhile
    if (place.startsWith("host")) await killHard(await home.hostPid());
    if (place.startsWith("server")) await home.server.kill();
    if (!place.startsWith("agent") && !place.startsWith("host")) await home.start();
  }

  /** A server that will die there, and messages until it does. */
  async #dieAt(home: PerdureHome, load: ChatLoad, place: Place): Promise<void> {
    const passes = place === "server-after-answer-part" || place.startsWith("store") ? this.#random.between(1, 25) : 1;
    await home.server.kill();
    const server = home.launch({ env: { PERDURE_CRASH: `${place}:${passes}` } });
    await Promise.race([server.ready, server.exited]).catch(() => undefined);
    const isQuestion = place.includes("approval");
    const over = server.exited.then(() => true);
    while (!(await Promise.race([over, load.talk(isQuestion)])));
    const { signal } = await within(killTimeoutMs, `a crash at ${place}:${passes}`, server.exited, () => server.printed);
    if (signal !== "SIGKILL") this.#failures.push(`at ${place} the server ended otherwise: ${server.printed}`);
    await home.start();
  }

  #rows(): FaultReport["rows"] {
    const { times, seed } = this.#options;
    const kills = [...this.#kills].map(([step, count]) => ({ step, kills: count, histogram: "#".repeat(count) }));
    const count = (word: string): number => this.#failures.filter((failure) => failure.includes(word)).length;
    const found = `${count("lost")} lost, ${count("doubled")} doubled, ${count("stuck")} stuck, ${this.#failures.length} failures in all; ${this.#said} answers with a gap behind a killed host that they say themselves`;
    return [
      ...kills,
      { step: `${this.#messages} messages, ${this.#lines} lines of answers (seed ${seed})`, kills: times, histogram: found },
    ];
  }
}

function isStep(place: Place): place is (typeof serverSteps)[number] {
  return (serverSteps as readonly string[]).includes(place);
}
