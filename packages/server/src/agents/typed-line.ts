/** Lines of JSON objects that tell what they are by `type`: how the demo agent and functions speak with their drivers. */

type Kind = "string" | "array" | "object";

/** By type, the fields without which a line means nothing, and what each must be. */
export type LineNeeds<Type extends string> = Readonly<Record<Type, Readonly<Record<string, Kind>>>>;

/** The object of a line; `null` for what is no object, of a type that is not known, or lacks what it needs. */
export function readTypedLine<Line extends { readonly type: string }>(text: string, needs: LineNeeds<Line["type"]>): Line | null {
  const fields = parseObject(text);
  const type = String(fields?.["type"]);
  if (!fields || !Object.hasOwn(needs, type)) return null;
  const wanted = Object.entries(needs[type as Line["type"]]);
  return wanted.every(([name, kind]) => kindOf(fields[name]) === kind) ? (fields as Line & typeof fields) : null;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}
