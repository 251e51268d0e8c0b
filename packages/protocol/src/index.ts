/** The contract of perdure's client connection and HTTP interface: `docs/PROTOCOL.md` in types, codecs and schemas. No I/O. */
export * from "./cursor.ts";
export * from "./errors.ts";
export * from "./frames.ts";
export * from "./messages.ts";
export * from "./rest.ts";
export * from "./sequence-splitter.ts";
export type { SequenceKind } from "./sequence-states.ts";
export * from "./session.ts";
export * from "./version.ts";
export * from "./chat/conversation.ts";
export * from "./chat/events.ts";
export { reduce } from "./chat/reduce.ts";
export * from "./chat/stream-reasons.ts";
export * from "./chat/two-states.ts";
export * from "./lines/line-numbers.ts";
export { LineReader } from "./lines/line-reader.ts";
export * from "./lines/styled-lines.ts";
export type { EmulatedTerminal } from "./lines/terminal-rows.ts";
