/**
 * Reading what an agent wrote: each field is taken where it is what it should be, and else is not there. Agents differ, add and
 * leave out; nothing of that may stop a conversation.
 */
import { MAX_ERROR_TEXT } from "@perdure/protocol";

export type Fields = Readonly<Record<string, unknown>>;

const NOTHING: Fields = {};

/** The fields of an object; of anything else none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : NOTHING;
}

/** The objects of a list. */
export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null).map(fieldsOf) : [];
}

/** A text that is not empty. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

export function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** What a table has under a name that an agent gave; not what every object has. */
export function under<T>(table: Readonly<Record<string, T>>, name: unknown): T | undefined {
  return typeof name === "string" && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Words for a person: cut, and never empty. */
export function words(text: string, otherwise: string): string {
  return text.trim().slice(0, MAX_ERROR_TEXT) || otherwise;
}
