/** What @perdure/client offers to pages and programs. */
export * from "./browser-surroundings.ts";
export type { ChatCalls } from "./chat/chat-calls.ts";
export { type ChatClientOptions, createChatClient } from "./chat/chat-client.ts";
export type * from "./chat/chat-view.ts";
export { type MessagesOptions, openMessages } from "./chat/indexed-db-messages.ts";
export { type Draft, type Drafts, type DraftsOptions, openDrafts, type TabDrafts } from "./chat/drafts.ts";
export { createMemoryMessages, type KeptMessages } from "./chat/kept-messages.ts";
export { browserTabs, type Tabs } from "./chat/tabs.ts";
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
