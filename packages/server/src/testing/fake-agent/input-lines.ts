/** The lines that the fake agent is told, as JSON. What is no JSON object is passed over. */
import { createInterface } from "node:readline";

export type Message = Readonly<Record<string, unknown>>;

export async function* inputMessages(): AsyncGenerator<Message> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const message = parse(line);
    if (message !== null) yield message;
  }
}

function parse(line: string): Message | null {
  try {
    const value: unknown = JSON.parse(line);
    return asMessage(value);
  } catch {
    return null;
  }
}

/** The value if it is an object. */
export function asMessage(value: unknown): Message | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Message) : null;
}

/** A field of it that is an object; an empty one if it is not. */
export function field(message: Message, name: string): Message {
  return asMessage(message[name]) ?? {};
}

/** A field of it that is a text; an empty one if it is not. */
export function textField(message: Message, name: string): string {
  const value = message[name];
  return typeof value === "string" ? value : "";
}

/** The texts of a list of blocks. */
export function textOfBlocks(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((block) => textField(asMessage(block) ?? {}, "text")).join("\n");
}
