/** What a tool was given, as text: its one field bare, several as JSON. "" where the line of the call says it already. */
export function toolInputText(input: unknown, title: string): string {
  if (input === undefined || input === null) return "";
  if (typeof input === "string") return input === title ? "" : input;
  const values = typeof input === "object" ? Object.values(input as Record<string, unknown>) : [];
  const [only] = values;
  if (values.length === 1 && typeof only === "string") return only === title ? "" : only;
  return JSON.stringify(input, null, 2) ?? "";
}
