/**
 * What codex writes, as far as we read it. Each schema keeps to the fields that are used, and lets a newer codex add others.
 */
import * as z from "zod/mini";

const text = z.string();
const maybeText = z.nullish(z.string());
const someText = text.check(z.minLength(1));

export const Initialized = z.object({ userAgent: z.optional(text) });

export const OpenedThread = z.object({
  thread: z.object({ id: someText, name: maybeText }),
  model: maybeText,
  approvalPolicy: z.optional(z.unknown()),
  sandbox: z.nullish(z.object({ type: text })),
});
export type OpenedThread = z.infer<typeof OpenedThread>;

const UserMessage = z.object({ type: z.literal("userMessage"), id: text, clientId: maybeText });

/** The newest turns of a conversation. Of their items only the user's messages are read. */
export const TurnList = z.object({ data: z.array(z.object({ items: z.array(z.object({ type: text, clientId: maybeText })) })) });

export const ModelList = z.object({
  data: z.array(z.object({ model: someText, displayName: text, description: maybeText, hidden: z._default(z.boolean(), false) })),
});

export const StartedTurn = z.object({ turn: z.object({ id: someText }) });

/** Codex names an error by a word, or by an object with one member whose key is the word. */
export const TurnError = z.object({ message: text, codexErrorInfo: z.optional(z.unknown()), additionalDetails: maybeText });
export type TurnError = z.infer<typeof TurnError>;

export const OfTurn = z.object({ threadId: text, turn: z.object({ id: text, status: text, error: z.nullish(TurnError) }) });
export const OfItem = z.object({
  threadId: text,
  turnId: maybeText,
  item: z.looseObject({ type: text, id: someText }),
});
export const Delta = z.object({ threadId: text, itemId: someText, delta: text });
export const SummaryPart = z.object({ threadId: text, itemId: someText, summaryIndex: z.number() });
export const TurnFailure = z.object({ threadId: text, turnId: maybeText, error: TurnError, willRetry: z._default(z.boolean(), false) });
export const Warning = z.object({ message: text });
export const ConfigWarning = z.object({ summary: text, details: maybeText });
export const Plan = z.object({
  threadId: text,
  turnId: text,
  plan: z.array(z.object({ step: text, status: text })),
});
export const Tokens = z.object({
  totalTokens: z.number(),
  inputTokens: z.number(),
  cachedInputTokens: z.number(),
  outputTokens: z.number(),
});
export const TokenUsage = z.object({ threadId: text, turnId: maybeText, tokenUsage: z.object({ total: Tokens, last: Tokens }) });
export const Renamed = z.object({ threadId: text, threadName: maybeText });
export const Rerouted = z.object({ threadId: text, fromModel: text, toModel: text });
export const Status = z.object({ threadId: text, status: z.object({ type: text }) });
export const Settings = z.object({
  threadId: text,
  threadSettings: z.object({
    model: maybeText,
    approvalPolicy: z.optional(z.unknown()),
    sandboxPolicy: z.nullish(z.object({ type: text })),
  }),
});
export const Resolved = z.object({ requestId: z.union([z.string(), z.number()]) });

export const FileUpdate = z.object({
  path: text,
  kind: z.object({ type: text, move_path: maybeText }),
  diff: text,
});
export type FileUpdate = z.infer<typeof FileUpdate>;
export const Patched = z.object({ threadId: text, itemId: someText, changes: z.array(FileUpdate) });

const Action = z.looseObject({ type: text, command: maybeText });
const CommandExecution = z.object({
  type: z.literal("commandExecution"),
  id: text,
  command: text,
  cwd: maybeText,
  status: text,
  commandActions: z._default(z.array(Action), []),
  aggregatedOutput: maybeText,
});
const FileChange = z.object({ type: z.literal("fileChange"), id: text, status: text, changes: z._default(z.array(FileUpdate), []) });
const McpToolCall = z.object({
  type: z.literal("mcpToolCall"),
  id: text,
  server: text,
  tool: text,
  status: text,
  arguments: z.optional(z.unknown()),
  result: z.nullish(z.object({ content: z._default(z.array(z.unknown()), []) })),
  error: z.nullish(z.object({ message: text })),
});
const DynamicToolCall = z.object({
  type: z.literal("dynamicToolCall"),
  id: text,
  tool: text,
  status: text,
  arguments: z.optional(z.unknown()),
  contentItems: z.nullish(z.array(z.unknown())),
});
const CollabAgentToolCall = z.object({
  type: z.literal("collabAgentToolCall"),
  id: text,
  tool: text,
  status: text,
  prompt: maybeText,
});
const WebSearch = z.object({ type: z.literal("webSearch"), id: text, query: z._default(text, "") });
const ImageView = z.object({ type: z.literal("imageView"), id: text, path: text });
const AgentMessage = z.object({ type: z.literal("agentMessage"), id: text, text: z._default(text, "") });
const ProposedPlan = z.object({ type: z.literal("plan"), id: text, text: z._default(text, "") });
const Reasoning = z.object({
  type: z.literal("reasoning"),
  id: text,
  summary: z._default(z.array(text), []),
  content: z._default(z.array(text), []),
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

/** Questions of codex to us; `conversationId` and `callId` are the names of older versions. */
export const CommandApproval = z.object({
  itemId: maybeText,
  reason: maybeText,
  command: z.nullish(z.union([text, z.array(text)])),
  cwd: maybeText,
  proposedExecpolicyAmendment: z.nullish(z.array(text)),
  availableDecisions: z.nullish(z.array(z.unknown())),
});
export type CommandApproval = z.infer<typeof CommandApproval>;
export const FileApproval = z.object({ itemId: maybeText, reason: maybeText, grantRoot: maybeText });
export const OldApproval = z.object({
  callId: maybeText,
  reason: maybeText,
  command: z.optional(z.array(text)),
  fileChanges: z.optional(z.record(text, z.unknown())),
  cwd: maybeText,
});
export const PermissionsApproval = z.object({
  itemId: maybeText,
  reason: maybeText,
  cwd: maybeText,
  permissions: z.record(text, z.unknown()),
});
export const UserQuestions = z.object({
  itemId: maybeText,
  questions: z.array(
    z.object({
      id: text,
      header: z._default(text, ""),
      question: text,
      options: z.nullish(z.array(z.object({ label: text, description: z._default(text, "") }))),
    }),
  ),
});
export const Elicitation = z.object({
  serverName: text,
  mode: z._default(text, "form"),
  message: text,
  url: maybeText,
  requestedSchema: z.nullish(z.looseObject({ required: z.nullish(z.array(text)) })),
});
