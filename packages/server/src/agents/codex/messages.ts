/**
 * What codex writes, as far as we read it. Each schema keeps to the fields that are used, and lets a newer codex add others. A field
 * without which the rest still means something is as if it were not there, if it is something else than it should be.
 */
import * as z from "zod/mini";
import { catch as orElse } from "zod/mini";

const text = z.string();
const maybeText = orElse(z.nullish(z.string()), null);
const anyText = orElse(z.string(), "");
/** What is about another conversation says so. */
const threadId = maybeText;
const anything = z.optional(z.unknown());
const someText = text.check(z.minLength(1));

/** Those of a list that can be read; what is no list has none. */
function listOf<T>(one: z.ZodMiniType<T>): z.ZodMiniType<readonly T[]> {
  const read = z.transform((value: unknown) => {
    const all: readonly unknown[] = Array.isArray(value) ? value : [];
    return all.flatMap((each): readonly T[] => {
      const { success, data } = one.safeParse(each);
      return success ? [data] : [];
    });
  });
  return z.pipe(anything, read);
}

/** `null` where it is not there, or something else. */
function maybe<T>(one: z.ZodMiniType<T>): z.ZodMiniType<T | null | undefined> {
  return orElse(z.nullish(one), null);
}

export const Initialized = z.object({ userAgent: maybeText });

export const OpenedThread = z.object({
  thread: z.object({ id: someText, name: maybeText }),
  model: maybeText,
  approvalPolicy: anything,
  sandbox: maybe(z.object({ type: text })),
});
export type OpenedThread = z.infer<typeof OpenedThread>;

const UserMessage = z.object({ type: z.literal("userMessage"), id: text, clientId: maybeText });

/** The newest turns of a conversation. Of their items only the user's messages are read. */
export const TurnList = z.object({ data: z.array(z.object({ items: z.array(z.object({ type: anyText, clientId: maybeText })) })) });

export const ModelList = z.object({
  data: listOf(z.object({ model: someText, displayName: anyText, description: maybeText, hidden: orElse(z.boolean(), false) })),
});

export const StartedTurn = z.object({ turn: z.object({ id: someText }) });

/** Codex names an error by a word, or by an object with one member whose key is the word. */
export const TurnError = z.object({ message: anyText, codexErrorInfo: anything, additionalDetails: maybeText });
export type TurnError = z.infer<typeof TurnError>;

export const OfTurn = z.object({ threadId, turn: z.object({ id: someText, status: anyText, error: maybe(TurnError) }) });
export const OfItem = z.object({
  threadId,
  turnId: maybeText,
  item: z.looseObject({ type: text, id: someText }),
});
export const Delta = z.object({ threadId, itemId: someText, delta: text });
export const SummaryPart = z.object({ threadId, itemId: someText, summaryIndex: orElse(z.number(), 0) });
export const TurnFailure = z.object({ threadId, turnId: maybeText, error: TurnError, willRetry: orElse(z.boolean(), false) });
export const Warning = z.object({ message: text });
export const ConfigWarning = z.object({ summary: text, details: maybeText });
export const Plan = z.object({
  threadId,
  turnId: text,
  plan: listOf(z.object({ step: text, status: anyText })),
});
export const Tokens = z.object({
  totalTokens: z.number(),
  inputTokens: z.number(),
  cachedInputTokens: z.number(),
  outputTokens: z.number(),
});
export const TokenUsage = z.object({ threadId, turnId: maybeText, tokenUsage: z.object({ total: Tokens, last: Tokens }) });
export const Renamed = z.object({ threadId, threadName: maybeText });
export const Rerouted = z.object({ threadId, fromModel: text, toModel: text });
export const Status = z.object({ threadId, status: z.object({ type: text }) });
export const Settings = z.object({
  threadId,
  threadSettings: z.object({
    model: maybeText,
    approvalPolicy: z.optional(z.unknown()),
    sandboxPolicy: z.nullish(z.object({ type: text })),
  }),
});
export const Resolved = z.object({ requestId: z.union([z.string(), z.number()]) });

export const FileUpdate = z.object({
  path: text,
  kind: orElse(z.object({ type: anyText, move_path: maybeText }), { type: "", move_path: null }),
  diff: anyText,
});
export type FileUpdate = z.infer<typeof FileUpdate>;
export const Patched = z.object({ threadId, itemId: someText, changes: listOf(FileUpdate) });

const Action = z.looseObject({ type: anyText, command: maybeText });
const CommandExecution = z.object({
  type: z.literal("commandExecution"),
  id: text,
  command: anyText,
  cwd: maybeText,
  status: anyText,
  commandActions: listOf(Action),
  aggregatedOutput: maybeText,
});
const FileChange = z.object({ type: z.literal("fileChange"), id: text, status: anyText, changes: listOf(FileUpdate) });
const McpToolCall = z.object({
  type: z.literal("mcpToolCall"),
  id: text,
  server: anyText,
  tool: anyText,
  status: anyText,
  arguments: anything,
  result: maybe(z.object({ content: listOf(z.unknown()) })),
  error: maybe(z.object({ message: anyText })),
});
const DynamicToolCall = z.object({
  type: z.literal("dynamicToolCall"),
  id: text,
  tool: anyText,
  status: anyText,
  arguments: anything,
  contentItems: maybe(z.array(z.unknown())),
});
const CollabAgentToolCall = z.object({
  type: z.literal("collabAgentToolCall"),
  id: text,
  tool: anyText,
  status: anyText,
  prompt: maybeText,
});
const WebSearch = z.object({ type: z.literal("webSearch"), id: text, query: anyText });
const ImageView = z.object({ type: z.literal("imageView"), id: text, path: anyText });
const AgentMessage = z.object({ type: z.literal("agentMessage"), id: text, text: maybeText });
const ProposedPlan = z.object({ type: z.literal("plan"), id: text, text: maybeText });
const Reasoning = z.object({
  type: z.literal("reasoning"),
  id: text,
  summary: listOf(text),
  content: listOf(text),
});
const ContextCompaction = z.object({ type: z.literal("contextCompaction"), id: text });

export const Item = z.discriminatedUnion("type", [
  UserMessage,
  AgentMessage,
  ProposedPlan,
  Reasoning,
  CommandExecution,
  FileChange,
  McpToolCall,
  DynamicToolCall,
  CollabAgentToolCall,
  WebSearch,
  ImageView,
  ContextCompaction,
]);
export type Item = z.infer<typeof Item>;
export type ToolItem = Exclude<Item, { readonly type: "userMessage" | "agentMessage" | "plan" | "reasoning" | "contextCompaction" }>;

export const KNOWN_ITEMS: ReadonlySet<string> = new Set(Item.def.options.flatMap((option) => option.shape.type.def.values));

/** What somebody is to decide about is told as it is, or not asked. */
const asked = z.nullish(z.string());

/** Questions of codex to us; `conversationId` and `callId` are the names of older versions. */
export const CommandApproval = z.object({
  itemId: asked,
  reason: asked,
  command: z.nullish(z.union([text, z.array(text)])),
  cwd: asked,
  proposedExecpolicyAmendment: maybe(z.array(text)),
  availableDecisions: maybe(z.array(z.unknown())),
});
export type CommandApproval = z.infer<typeof CommandApproval>;
export const FileApproval = z.object({ itemId: asked, reason: asked, grantRoot: asked });
export const OldApproval = z.object({
  callId: asked,
  reason: asked,
  command: z.nullish(z.array(text)),
  fileChanges: z.nullish(z.record(text, z.unknown())),
  cwd: asked,
});
export const PermissionsApproval = z.object({
  itemId: asked,
  reason: asked,
  cwd: asked,
  permissions: z.record(text, z.unknown()),
});
export const UserQuestions = z.object({
  itemId: asked,
  questions: z.array(
    z.object({
      id: text,
      header: anyText,
      question: text,
      options: z.nullish(z.array(z.object({ label: text, description: anyText }))),
    }),
  ),
});
export const Elicitation = z.object({
  serverName: anyText,
  mode: asked,
  message: text,
  url: asked,
  requestedSchema: z.nullish(z.looseObject({ required: z.nullish(z.array(text)) })),
});
