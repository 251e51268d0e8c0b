/**
 * What a tab looked at: where it had scrolled to and what was open. Kept by the tab (sessionStorage), so several tabs stay
 * independent and a reload finds its own place.
 */

import type { Draft } from "@perdure/client";

export interface SessionView {
  /** Where the history was read; `undefined`: at its end, following the output. */
  readonly place: { readonly line: number; readonly px: number } | undefined;
  readonly isComposing: boolean;
  /** `undefined`: as suits the device. */
  readonly hasKeyBar: boolean | undefined;
}

const FRESH: SessionView = { place: undefined, isComposing: false, hasKeyBar: undefined };

export function loadSessionView(session: string): SessionView {
  return { ...FRESH, ...loadRecord(sessionStorage, `perdure.view.${session}`) };
}

export function saveSessionView(session: string, view: Partial<SessionView>): void {
  save(sessionStorage, `perdure.view.${session}`, { ...loadSessionView(session), ...view });
}

/** The message being written, as of the last key: "" as well, so that what was sent does not come back. */
export function loadTabDraft(session: string): Draft | undefined {
  const { text, at } = loadRecord(sessionStorage, `perdure.draft.${session}`);
  return typeof text === "string" && typeof at === "number" ? { text, at } : undefined;
}

export function saveTabDraft(session: string, draft: Draft): void {
  save(sessionStorage, `perdure.draft.${session}`, draft);
}

export function loadHomeScroll(): number {
  const top = loadRecord(sessionStorage, "perdure.home")["top"];
  return typeof top === "number" ? top : 0;
}

export function saveHomeScroll(top: number): void {
  save(sessionStorage, "perdure.home", { top });
}

/** Where a conversation was read: the uppermost row and how far it lay below the edge. `undefined`: at the end, following it. */
export interface ChatPlace {
  readonly row: string;
  readonly offset: number;
}

export function loadChatPlace(session: string): ChatPlace | undefined {
  const { row, offset } = loadRecord(sessionStorage, `perdure.place.${session}`);
  return typeof row === "string" && typeof offset === "number" ? { row, offset } : undefined;
}

export function saveChatPlace(session: string, place: ChatPlace | undefined): void {
  save(sessionStorage, `perdure.place.${session}`, place ?? {});
}

/** What was started last on this device: an agent's id, "" for a command. */
export function loadStartChoice(): string {
  const agent = loadRecord(localStorage, "perdure.start")["agent"];
  return typeof agent === "string" ? agent : "";
}

export function saveStartChoice(agent: string): void {
  save(localStorage, "perdure.start", { agent });
}

export const FONT_SIZES = { min: 8, max: 24, usual: 14, phone: 12 } as const;

/** The size of the terminal's letters in CSS pixels, for all sessions on this device. Losing it costs a tap. */
export function loadFontSize(isPhone: boolean): number {
  const size = loadRecord(localStorage, "perdure.font")["size"];
  return typeof size === "number" ? clampFontSize(size) : isPhone ? FONT_SIZES.phone : FONT_SIZES.usual;
}

export function saveFontSize(size: number): void {
  save(localStorage, "perdure.font", { size });
}

export function clampFontSize(size: number): number {
  return Math.min(FONT_SIZES.max, Math.max(FONT_SIZES.min, size));
}

function loadRecord(storage: Storage, key: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(storage.getItem(key) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function save(storage: Storage, key: string, value: object): void {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // A full or forbidden storage costs the place in the page, nothing else.
  }
}
