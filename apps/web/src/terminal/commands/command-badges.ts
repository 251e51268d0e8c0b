/**
 * How commands ended, drawn at the right end of the lines that they were typed in: over the live screen, and in the history that is
 * read. The command that one went to last has a band.
 */
import "./commands.css";
import type { ShellCommand } from "@perdure/protocol";
import { badgeText, badgeWords, endOf } from "./command-words.ts";

export interface BadgedScreen {
  readonly element: HTMLElement;
  readonly rowHeightPx: number;
  /** Rows, from the screen's top, in which lines begin. */
  readonly content: { readonly lines: ReadonlyMap<number, number> };
}

export class CommandBadges {
  readonly #screen: BadgedScreen;
  readonly #element: HTMLElement = document.createElement("div");
  readonly #listeners = new AbortController();
  #byLine: ReadonlyMap<number, ShellCommand> = new Map();
  #marked: number | null = null;
  #frame = 0;

  constructor(screen: BadgedScreen) {
    this.#screen = screen;
    this.#element.className = "command-badges";
    screen.element.after(this.#element);
    screen.element.addEventListener("scroll", () => this.changed(), { signal: this.#listeners.signal, passive: true });
  }

  show(commands: readonly ShellCommand[]): void {
    this.#byLine = new Map(commands.flatMap((command) => (command.line === null ? [] : [[command.line, command] as const])));
    this.changed();
  }

  /** The command in this line is the one that one went to. */
  mark(line: number | null): void {
    this.#marked = line;
    this.changed();
  }

  /** The screen has changed: drawn with the next frame. */
  changed(): void {
    if (this.#frame !== 0 || (this.#byLine.size === 0 && this.#element.childElementCount === 0)) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Puts the badge of its command into a line of the history, or takes it away. */
  readonly decorate = (line: number, element: HTMLElement): void => {
    const command = this.#byLine.get(line);
    const known = element.querySelector<HTMLElement>(":scope > .command-badge");
    if (command === undefined) return known?.remove();
    const key = keyOf(command);
    if (known?.dataset["key"] === key) return;
    known?.remove();
    element.append(badge(command, key));
  };

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#listeners.abort();
    this.#element.remove();
  }

  #draw(): void {
    const { content, rowHeightPx, element } = this.#screen;
    const drawn: HTMLElement[] = [];
    for (const [line, row] of content.lines) {
      const command = this.#byLine.get(line);
      if (command === undefined) continue;
      const holder = document.createElement("div");
      holder.className = line === this.#marked ? "command-row is-marked" : "command-row";
      holder.style.height = `${rowHeightPx}px`;
      holder.style.transform = `translateY(${row * rowHeightPx - element.scrollTop}px)`;
      holder.append(badge(command, keyOf(command)));
      drawn.push(holder);
    }
    if (drawn.length > 0 || this.#element.childElementCount > 0) this.#element.replaceChildren(...drawn);
  }
}

function badge(command: ShellCommand, key: string): HTMLElement {
  const element = document.createElement("span");
  element.className = `command-badge is-${endOf(command)}`;
  element.textContent = badgeText(command);
  element.title = badgeWords(command);
  element.dataset["key"] = key;
  element.dataset["testid"] = "command-badge";
  return element;
}

function keyOf({ offset, exitCode, endedAt }: ShellCommand): string {
  return `${offset} ${exitCode} ${endedAt}`;
}
