/**
 * Which programs the host does not read just now, because what it keeps of their output is at its limit or its disk is full: for
 * those who ask how the server is. Nothing is lost; the programs wait as soon as they print more.
 */
import { plainText } from "../terminal/plain-text.ts";
import type { Registry } from "./registry.ts";

type SpoolState = "ok" | "limit" | "disk-full";

/** So many are called by name. */
const MAX_NAMES = 3;

export class HeldPrograms {
  readonly #registry: Registry;
  readonly #states = new Map<string, Exclude<SpoolState, "ok">>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** The host has said this of a run's spool. */
  changed(run: string, state: SpoolState): void {
    if (state === "ok") this.#states.delete(run);
    else this.#states.set(run, state);
    for (const each of this.#states.keys()) if (!this.#registry.byRun(each)) this.#states.delete(each);
  }

  /** The host is gone, and what it said with it. */
  forgetAll(): void {
    this.#states.clear();
  }

  /** A sentence for each reason. */
  get notices(): readonly string[] {
    const full = this.#names("disk-full");
    const atLimit = this.#names("limit");
    return [
      ...(full === "" ? [] : [`The disk of the host's output files is full: ${full} must wait until there is room, nothing is dropped.`]),
      ...(atLimit === "" ? [] : [`The host keeps as much output as it may: ${atLimit} must wait until this server has stored it.`]),
    ];
  }

  #names(state: SpoolState): string {
    const held = [...this.#states].filter(([, each]) => each === state);
    const names = held.flatMap(([run]) => this.#registry.byRun(run)?.name ?? []).map((name) => `"${plainText(name)}"`);
    const more = names.length - MAX_NAMES;
    return `${names.slice(0, MAX_NAMES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  }
}
