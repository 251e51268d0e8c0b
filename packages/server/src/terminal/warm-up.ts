/**
 * What the first engine of a thread would wait for, done as soon as the thread is there: the emulator is checked, and the code of parsing and of
 * snapshots is compiled. The thread of a server that has just been started has nothing else to do yet.
 */
import { systemClock } from "../platform/clock.ts";
import { SCROLLBACK_LINES } from "./engine.ts";
import { ScreenEngine } from "./screen-engine.ts";

const COLS = 80;
const ROWS = 24;
const LINES = Array.from({ length: 2 * ROWS }, (_, line) => `\x1b[3${line % 8}mline ${line}\x1b[m of many\r\n`).join("");

/** Never throws: what is wrong with the emulator is told by the first engine that is asked for. */
export function warmUp(): void {
  try {
    const first = engineOf(null);
    first.feed(new TextEncoder().encode(LINES), false);
    const { data } = first.snapshot(SCROLLBACK_LINES);
    first.close();
    engineOf(data).close();
  } catch {
    // Told by the next one.
  }
}

function engineOf(snapshot: Uint8Array | null): ScreenEngine {
  return new ScreenEngine({ cols: COLS, rows: ROWS, offset: 0, snapshot }, () => undefined, systemClock);
}
