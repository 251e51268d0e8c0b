/** Surroundings in which things happen when a test says so. */
import type { Surroundings, SurroundingsEvent } from "../surroundings.ts";

export class FakeSurroundings implements Surroundings {
  #listeners: ((event: SurroundingsEvent) => void)[] = [];
  #isOnline: boolean;

  constructor(isOnline = true) {
    this.#isOnline = isOnline;
  }

  isOnline(): boolean {
    return this.#isOnline;
  }

  subscribe(listener: (event: SurroundingsEvent) => void): () => void {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== listener);
    };
  }

  get listeners(): number {
    return this.#listeners.length;
  }

  happen(event: SurroundingsEvent): void {
    if (event === "online" || event === "offline") this.#isOnline = event === "online";
    for (const listener of this.#listeners) listener(event);
  }
}
