/** What @perdure/client offers to pages and programs. */
export * from "./browser-surroundings.ts";
export type * from "./client.ts";
export { type Clock, systemClock } from "./clock.ts";
export * from "./create-client.ts";
export * from "./indexed-db-pending-input.ts";
export * from "./pending-input.ts";
export * from "./query-filter.ts";
export { type Randomness, systemRandomness } from "./randomness.ts";
export * from "./rest.ts";
export type { ClientSocket } from "./socket.ts";
export * from "./surroundings.ts";
