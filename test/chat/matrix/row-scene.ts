// One row of the fault matrix: a conversation that is open in a browser while something is broken, and what is true of it afterwards.

import type { Locator } from "playwright-core";
import type { Conversation } from "@perdure/protocol";
import type { PerdureHome } from "../../harness/perdure-home.ts";
import { until } from "../../harness/until.ts";
import { ChatScene, spoken, type SceneOptions } from "../chat-scene.ts";
import { wrongLog } from "./log-check.ts";
import type { Room } from "./room.ts";

/** How long what lasts is put in: as the matrix says, or as a test has time for. */
export type Length = "long" | "short";

export interface MatrixRow {
  readonly name: string;
  /** Default: the made-up Claude Code. */
  readonly options?: (home: PerdureHome) => SceneOptions;
  /** Breaks it; resolves when whatever was broken is whole again. */
  act(scene: RowScene): Promise<void>;
}

const pageMs = 30_000;
const numbered = /chunk\d{4}|line \d+ of \d+/g;

export class RowScene {
  readonly room: Room;
  readonly chat: ChatScene;
  readonly length: Length;
  readonly #sent: string[] = [];
  readonly #serversBefore: number;
  #seen: string[] = [];

  private constructor(room: Room, chat: ChatScene, length: Length) {
    this.room = room;
    this.chat = chat;
    this.length = length;
    this.#serversBefore = room.web.home.servers.length;
  }

  static async open(room: Room, row: MatrixRow, length: Length): Promise<RowScene> {
    const chat = await ChatScene.start(room.web.home, row.options?.(room.web.home) ?? { agent: "claude" });
    const scene = new RowScene(room, chat, length);
    await room.goTo(`/s/${chat.id}`);
    await scene.#field.waitFor();
    return scene;
  }

  /** `long` in a long run, else `short`. */
  lasting(times: Readonly<Record<Length, number>>): number {
    return times[this.length];
  }

  /** Sent on the page, as a person does; resolves when the device keeps it. */
  async send(text: string): Promise<void> {
    this.#sent.push(text);
    await this.#field.fill(text);
    await this.#field.press("Enter");
    await until("an empty field", async () => (await this.#field.inputValue()) === "", { report: () => text });
  }

  /** Sent from elsewhere. */
  async sendFromElsewhere(text: string, id?: string): Promise<string> {
    if (!this.#sent.includes(text)) this.#sent.push(text);
    return this.chat.say(text, id);
  }

  /** The words are on the page, and remembered with all that stand there. */
  async untilShown(words: string): Promise<void> {
    await until(`"${words}" on the page`, async () => (await this.said()).includes(words), { timeoutMs: pageMs });
    this.#seen = marksIn(await this.said());
  }

  async said(): Promise<string> {
    return this.#transcript.innerText();
  }

  async reload(): Promise<void> {
    await this.room.page.reload();
    await this.#field.waitFor();
  }

  /** Away to the list of sessions, as by the way back on the page, and later here again. */
  async leaveFor(awayMs: number): Promise<void> {
    const { page } = this.room;
    await this.room.goTo("/");
    await page.getByRole("button", { name: "New session" }).first().waitFor();
    if (awayMs > 0) await page.waitForTimeout(awayMs);
    await page.goBack();
    await this.#field.waitFor();
  }

  /** The message with this text. */
  async inputOf(text: string): Promise<string> {
    const now = await this.chat.until(`the message ${text}`, ({ inputs }) => Object.values(inputs).some((input) => input.text === text));
    return Object.values(now.inputs).find((input) => input.text === text)?.id ?? "";
  }

  /** Allows the question that is open, on the page. */
  async allow(): Promise<void> {
    await this.room.page
      .getByRole("button", { name: /^Allow(?: once)?$/ })
      .first()
      .click();
  }

  /** What is wrong when all is whole again; the message that follows is answered, too. */
  async verdict(): Promise<string[]> {
    await this.room.tryNow();
    await this.send("and after all this?");
    const now = await this.#untilSettled();
    await this.#untilPageShows(now);
    const shown = await this.said();
    const wrong = [...(await this.#wrongOnPage(now)), ...(await this.chat.wrong())];
    const lost = this.#seen.filter((mark) => !marksIn(shown).includes(mark));
    if (lost.length > 0) wrong.push(`words that were shown are gone: ${lost.join(" ")}`);
    await this.reload();
    await this.#untilPageShows(now);
    await until("the same words after a reload", async () => same(await this.said()) === same(shown), {
      report: () => shown,
    }).catch((error: unknown) => wrong.push(String(error)));
    const { servers } = this.room.web.home;
    const lines = servers.flatMap((server) => server.lines);
    return [...wrong, ...wrongLog(lines, this.chat.id, now, servers.length > this.#serversBefore)];
  }

  get #field(): Locator {
    return this.room.page.getByRole("textbox", { name: "Message", exact: true });
  }

  get #transcript(): Locator {
    return this.room.page.getByRole("region", { name: "Conversation" });
  }

  /** Everything that was sent has come to an end that a person can see; what is held is let go. */
  async #untilSettled(): Promise<Conversation> {
    return this.chat.until(
      "an end of every message",
      async (now) => {
        const held = Object.values(now.inputs).find(({ state }) => state === "held");
        if (held) await this.chat.recover(offerOf(now), held.id);
        return now.runningTurn === null && this.#sent.every((text) => isSettled(now, text));
      },
      pageMs * 2,
    );
  }

  async #untilPageShows(now: Conversation): Promise<void> {
    const words = marksIn(spoken(now)).join(" ");
    const last = this.#sent.at(-1) ?? "";
    const isShown = async (): Promise<boolean> => {
      const said = await this.said();
      return marksIn(said).join(" ") === words && said.includes(last) && (await this.#badges()) === 0;
    };
    let said = "";
    await until("what the server says on the page", async () => isShown().finally(async () => (said = await this.said())), {
      timeoutMs: pageMs,
      report: () => said,
    });
  }

  async #badges(): Promise<number> {
    return this.room.page.getByTestId("badge").count();
  }

  /** Each message stands on the page once. */
  async #wrongOnPage({ entries }: Conversation): Promise<string[]> {
    const keys = await this.#transcript.locator("[data-row]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-row") ?? ""));
    const shown = keys.filter((key) => key.startsWith("input ")).toSorted();
    const known = entries.flatMap(({ is, id }) => (is === "input" ? [`input ${id}`] : [])).toSorted();
    return shown.join() === known.join() ? [] : [`messages on the page: ${shown.join()}; in the conversation: ${known.join()}`];
  }
}

/** Answered, in doubt and said to be, or its turn was cut or failed, which is said. */
function isSettled({ inputs, turns }: Conversation, text: string): boolean {
  const [first, ...more] = Object.values(inputs).filter((input) => input.text === text);
  if (!first || more.length > 0) return false;
  const { state, turn = "" } = first;
  const isCut = turns[turn]?.state === "interrupted" || turns[turn]?.state === "failed";
  return state === "answered" || state === "unknown" || state === "removed" || (state === "consumed" && isCut);
}

/** The way on that the last question names. */
function offerOf({ notices }: Conversation): string {
  const offers = Object.values(notices).findLast((notice) => notice.offers.length > 0)?.offers ?? [];
  return offers.find((offer) => offer === "continue") ?? "retry";
}

function marksIn(text: string): string[] {
  return [...text.matchAll(numbered)].map(([mark]) => mark);
}

/** Without what tells the time. */
function same(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\b\d+ (?:s|min|h) ago\b|\bjust now\b|\d\d:\d\d/g, "")
    .trim();
}
