// vttest, a program that tests terminals, driven by a script: it shows a page and waits for a key, and a person compares what is there with what
// should be. Here its pages are what is kept, left and found again.

import { spawn, type IPty } from "@lydell/node-pty";
import { XtermScreen } from "../../packages/server/src/terminal/xterm-screen.ts";

export const vttestSize = { cols: 80, rows: 24 } as const;
/** It is not told of 132 columns, which no terminal in a page of another width has. */
export const vttestCommand = ["vttest", "24x80.80"] as const;

const walkTimeoutMs = 60_000;

/** What is chosen in a menu, or a menu within and what is chosen there. */
type Choice = string | Menu;

interface Menu {
  readonly menu: string;
  readonly inside: readonly Choice[];
}

const CURSOR_MOVEMENTS = "1";
const SCREEN_FEATURES = "2";
const CHARACTER_SETS = "3";
const DOUBLE_SIZED = "4";
const REPORTS = inside("6", "1", "2", "3", "4", "5", "6", "7");
const VT102 = "8";
const EIGHT_BITS_AND_RESET = inside("1", "3", "6");
const ISO_MOVEMENTS = inside("5", "1", "2", "3", "4", "5", "6", "7", "8", "9");
const COLOURS_OF_VT102 = inside("6", "1", "2", "3");
const COLOURS_OF_OTHERS = inside("7", "2", "3", "4", "5", "6");
const ISO_COLOURS = inside("6", "2", "3", "4", "5", COLOURS_OF_VT102, COLOURS_OF_OTHERS, "8", "9");
const ISO_OTHERS = inside("7", "2", "3", "4", "5", "6");
const ALTERNATE_SCREENS = inside("8", inside("7", "1", "2", "3", "4", "5"));

/** All that are walked through. */
export const ALL_PAGES: readonly Choice[] = [
  CURSOR_MOVEMENTS,
  SCREEN_FEATURES,
  CHARACTER_SETS,
  DOUBLE_SIZED,
  REPORTS,
  VT102,
  inside("11", EIGHT_BITS_AND_RESET, ISO_MOVEMENTS, ISO_COLOURS, ISO_OTHERS, ALTERNATE_SCREENS),
];

function inside(menu: string, ...choices: readonly Choice[]): Menu {
  return { menu, inside: choices };
}

interface Key {
  readonly text: string;
  /** The menus and choices that led there. */
  readonly path: string;
}

/** It waits for a choice or a key; or for an answer that this terminal does not give, until a key comes. */
const PUSH = /Push (?:<RETURN>|the RETURN key: )$/;
const MENU = /Enter choice number \(0 - \d+\): $/;
const REFUSED = /Bad choice, try again: $/;
// oxlint-disable-next-line no-control-regex -- questions end with these
const UNANSWERED = /(?:\u0005|\u001b\[(?:=0?c|[01]?x))$/;
const longestTail = 60;

/** What is typed when; fed with what vttest prints. */
export class VttestWalk {
  readonly #keys: Key[];
  #tail = "";
  #path = "start";
  #pages = 0;
  #isOver = false;

  constructor(choices: readonly Choice[]) {
    this.#keys = keysOf(choices, "");
  }

  /** The name of the page that is shown now. */
  get page(): string {
    return `${this.#path}, page ${this.#pages}`;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes output; answers whether vttest waits now. */
  printed(data: Uint8Array): "at work" | "page" | "question" {
    this.#tail = (this.#tail + Buffer.from(data).toString("latin1")).slice(-longestTail);
    if (REFUSED.test(this.#tail)) throw new Error(`vttest has no choice ${this.#path}`);
    if (UNANSWERED.test(this.#tail)) return "question";
    if (!PUSH.test(this.#tail) && !MENU.test(this.#tail)) return "at work";
    this.#pages += 1;
    return "page";
  }

  /** What is typed now that it waits; `undefined`: the walk is over. */
  next(): string | undefined {
    const isMenu = MENU.test(this.#tail);
    this.#tail = "";
    if (!isMenu) return "\r";
    const key = this.#keys.shift();
    this.#isOver = key === undefined;
    if (key === undefined) return undefined;
    this.#path = key.path;
    this.#pages = 0;
    return `${key.text}\r`;
  }
}

function keysOf(choices: readonly Choice[], path: string): Key[] {
  return choices.flatMap((choice) => {
    if (typeof choice === "string") return { text: choice, path: path + choice };
    const within = `${path}${choice.menu}.`;
    return [{ text: choice.menu, path: path + choice.menu }, ...keysOf(choice.inside, within), { text: "0", path: `${within}0` }];
  });
}

export interface VttestPage {
  readonly name: string;
  /** Of the output up to it. */
  readonly end: number;
}

export interface VttestRun {
  readonly bytes: Uint8Array;
  readonly pages: readonly VttestPage[];
}

/** Walks through all pages, in a terminal of its own that answers as the product's does. */
export function runVttest(): Promise<VttestRun> {
  const { cols, rows } = vttestSize;
  const [file, ...args] = vttestCommand;
  const env = { PATH: process.env["PATH"] ?? "", HOME: "/", TERM: "xterm-256color", LANG: "C.UTF-8" };
  const pty: IPty = spawn(file, args, { name: env.TERM, cols, rows, cwd: "/", env, encoding: null });
  const screen = new XtermScreen(cols, rows, 0);
  const walk = new VttestWalk(ALL_PAGES);
  const parts: Buffer[] = [];
  const pages: VttestPage[] = [];
  let end = 0;
  const take = (data: Buffer): void => {
    parts.push(data);
    end += data.length;
    const answer = screen.write(data);
    if (answer !== "") pty.write(answer);
    const state = walk.printed(data);
    if (state === "page") pages.push({ name: walk.page, end });
    const key = state === "at work" ? "" : walk.next();
    if (key === undefined) pty.kill("SIGKILL");
    else if (key !== "") pty.write(key);
  };
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => pty.kill("SIGKILL"), walkTimeoutMs);
    pty.onData((data) => take(Buffer.from(data as unknown as Uint8Array)));
    pty.onExit(() => {
      clearTimeout(late);
      const shown = screen.lines(0).join("\n");
      screen.close();
      if (walk.isOver) resolve({ bytes: new Uint8Array(Buffer.concat(parts)), pages });
      else reject(new Error(`vttest stopped at ${walk.page}:\n${shown}`));
    });
  });
}
