/**
 * A line of a program that should be one JSON object, read as others may have spoilt it: behind a byte order mark or what was meant
 * for a terminal, with words that a library printed without a line feed, two objects in one line, an object behind the half of
 * another. What can be read of it counts; that something could not is said.
 */
import { isDeeperThan } from "./depth.ts";
import { FOR_TERMINALS } from "./plain-words.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export interface JsonLine {
  /** In their order. */
  readonly objects: readonly JsonObject[];
  /** There is nothing else in the line that a person could miss. */
  readonly isClean: boolean;
}

/** Places at which an object may begin anew behind something that was cut. */
const BEGINNINGS = /\{"(?:type|jsonrpc|id|method|params|result|error|stop_reason|session_id)":/g;
const MAX_TRIES = 500;
/** All tries together read no more than this. */
const MAX_READ_CHARACTERS = 32 * 1024 * 1024;
const MAX_LINE_DEPTH = 1000;
const MAY_BE_JSON = /^\s*[[{]/;

export function readJsonLine(text: string): JsonLine {
  // To fail at parsing costs more than all else, and a program may print many such lines.
  const value = MAY_BE_JSON.test(text) ? parse(text) : null;
  if (isObject(value)) return { objects: [value], isClean: true };
  // Several messages at once, as some write them.
  if (Array.isArray(value)) return { objects: value.filter(isObject), isClean: value.length > 0 && value.every(isObject) };
  const plain = text.replaceAll(FOR_TERMINALS, "").trim();
  if (plain === "") return { objects: [], isClean: true };
  return plain.includes("{") ? pick(plain) : { objects: [], isClean: false };
}

/** One object after the other, as long as there are whole ones; behind one that is cut, the one that goes to the end of the line. */
function pick(text: string): JsonLine {
  const objects: JsonObject[] = [];
  let isClean = true;
  let at = 0;
  for (let begin = text.indexOf("{"); begin !== -1; begin = text.indexOf("{", at)) {
    if (text.slice(at, begin).trim() !== "") isClean = false;
    const end = endOfObject(text, begin);
    const value = end === -1 ? null : parse(text.slice(begin, end));
    if (!isObject(value)) return { objects: [...objects, ...lastObject(text, begin + 1)], isClean: false };
    objects.push(value);
    at = end;
  }
  return { objects, isClean: isClean && text.slice(at).trim() === "" };
}

function lastObject(text: string, from: number): readonly JsonObject[] {
  let tries = 0;
  let read = 0;
  for (const { index } of text.slice(from).matchAll(BEGINNINGS)) {
    if ((tries += 1) > MAX_TRIES || (read += text.length - from - index) > MAX_READ_CHARACTERS) break;
    const value = parse(text.slice(from + index));
    if (isObject(value)) return [value];
  }
  return [];
}

/** Behind the bracket that closes the one that stands here; -1: nothing closes it. */
function endOfObject(text: string, begin: number): number {
  let depth = 0;
  let isInText = false;
  for (let at = begin; at < text.length; at += 1) {
    const sign = text[at];
    if (isInText) {
      if (sign === "\\") at += 1;
      else if (sign === '"') isInText = false;
    } else if (sign === '"') isInText = true;
    else if (sign === "{") depth += 1;
    else if (sign === "}" && (depth -= 1) === 0) return at + 1;
  }
  return -1;
}

/** `null`: it is no JSON, or nested so deep that it could not be written again. */
function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return mayBeDeep(text) && isDeeperThan(value, MAX_LINE_DEPTH) ? null : value;
  } catch {
    return null;
  }
}

function mayBeDeep(text: string): boolean {
  return text.length > MAX_LINE_DEPTH && (text.match(/[[{]/g)?.length ?? 0) > MAX_LINE_DEPTH;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
