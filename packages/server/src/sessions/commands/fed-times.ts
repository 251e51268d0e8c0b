/** When output came that is still in the engine, so that what the engine says of it later has the right time. Bounded by what an engine holds. */

interface Fed {
  readonly end: number;
  readonly time: number;
}

export class FedTimes {
  #fed: Fed[] = [];

  /** Output up to `end` came at this time; what ends at or before `parsed` is asked for no more. */
  add(end: number, time: number, parsed: number): void {
    let from = 0;
    while (from < this.#fed.length && this.#fed[from]!.end <= parsed) from += 1;
    if (from > 0) this.#fed.splice(0, from);
    const last = this.#fed.at(-1);
    if (last?.time === time) this.#fed[this.#fed.length - 1] = { end, time };
    else this.#fed.push({ end, time });
  }

  /** When the last output came that was fed. */
  get latest(): number {
    return this.#fed.at(-1)?.time ?? -Infinity;
  }

  /** The time of the byte at an offset; `undefined`: it was not fed, or long ago. */
  at(offset: number): number | undefined {
    return this.#fed.find(({ end }) => end > offset)?.time;
  }
}
