// The terminal that a page shows, field by field, as it is in the product: its emulator is noted as it is made, and walked in the page by the
// same code that walks the server's.

import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import type { BrowserContext, Page } from "playwright-core";
import { until } from "./until.ts";

const walker = fileURLToPath(new URL("../../packages/server/src/testing/screen/engine-state.ts", import.meta.url));
/** What the page keeps beside the emulator's own state. */
const ofEngineAlone = new Set(["colours", "keyboard"]);

export type State = Readonly<Record<string, string>>;

export interface WalkedTerminal {
  readonly size: { readonly cols: number; readonly rows: number };
  readonly state: State;
  /** As if no cell led anywhere. */
  readonly unlinked: State;
}

/** From now on the terminals of pages that are loaded in this context can be walked. */
export async function noteTerminals(context: BrowserContext): Promise<void> {
  await context.addInitScript({ content: noting() });
}

/** The terminal that the page shows. */
export function walkTerminal(page: Page): Promise<WalkedTerminal> {
  return page.evaluate(() => (globalThis as unknown as { readonly walkTerminal: () => WalkedTerminal }).walkTerminal());
}

/** The first field that the page's terminal has otherwise, in words. */
export function firstDifference(stayed: State, shown: State): string | undefined {
  for (const [field, value] of Object.entries(stayed)) {
    if (!ofEngineAlone.has(field) && value !== (shown[field] ?? "undefined"))
      return `${field} is ${shown[field]?.slice(0, 300) ?? "missing"}, not ${value.slice(0, 300)}`;
  }
  return undefined;
}

/** Resolves when the page shows exactly this terminal, as it is at that moment; fails with the first field that stays different. */
export async function untilShown(page: Page, stayed: () => State, timeoutMs = 15_000): Promise<void> {
  let found: string | undefined = "nothing was looked at";
  await until(
    "the same terminal in the page",
    async () => {
      const shown = await walkTerminal(page).catch(notYet);
      found = shown === undefined ? "no terminal is shown" : firstDifference(stayed(), shown.state);
      return found === undefined;
    },
    { timeoutMs, report: () => String(found) },
  );
}

/** A page that is being loaded has none, and one that goes away cannot be asked. */
function notYet(error: Error): undefined {
  if (/no terminal is shown|walkTerminal is not a function|context was destroyed/i.test(error.message)) return undefined;
  throw error;
}

function noting(): string {
  const source = stripTypeScriptTypes(readFileSync(walker, "utf8")).replaceAll(/^export /gm, "");
  return `(() => {
    ${source}
    const cores = [];
    Object.defineProperty(Object.prototype, "_core", {
      configurable: true,
      set(value) {
        Object.defineProperty(this, "_core", { value, writable: true, configurable: true, enumerable: true });
        if (value && value._inputHandler) cores.push(value);
      },
    });
    globalThis.walkTerminal = () => {
      const core = cores.findLast((each) => each.element?.isConnected);
      if (!core) throw new Error("no terminal is shown");
      return { size: { cols: core.cols, rows: core.rows }, state: engineState(core), unlinked: engineState(core, { hasLinks: false }) };
    };
  })();`;
}
