/**
 * The lines that claude prints, read leniently: a field that is missing or of another shape is as if it were empty, a type that is
 * not known means nothing. Nothing behind this file looks at unparsed JSON but the inputs of tools.
 */
export type Fields = Readonly<Record<string, unknown>>;

/** One piece of what the model says, or of what comes back from a tool. */
export type Block =
  | { readonly is: "text" | "reasoning"; readonly text: string }
  | { readonly is: "tool"; readonly id: string; readonly name: string; readonly input: Fields }
  | { readonly is: "tool-result"; readonly tool: string; readonly output: string; readonly isError: boolean }
  | { readonly is: "other" };

export type Line =
  | { readonly is: "init"; readonly session: string; readonly model: string; readonly mode: string }
  | { readonly is: "mode"; readonly mode: string }
  | { readonly is: "retry"; readonly attempt: number; readonly of: number; readonly delayMs: number; readonly why: string }
  | { readonly is: "compacted" }
  | { readonly is: "lifecycle"; readonly input: string; readonly state: string }
  | { readonly is: "message-start"; readonly message: string; readonly parent: string | null }
  | { readonly is: "message-stop"; readonly parent: string | null }
  | { readonly is: "block-start"; readonly parent: string | null; readonly index: number; readonly block: Block }
  | { readonly is: "delta"; readonly parent: string | null; readonly index: number; readonly text: string }
  | SaidLine
  | { readonly is: "replay"; readonly input: string }
  | { readonly is: "tool-results"; readonly blocks: readonly Block[]; readonly detail: unknown }
  | ResultLine
  | PermissionLine
  | { readonly is: "other-request"; readonly request: string; readonly subtype: string }
  | { readonly is: "request-cancelled"; readonly request: string }
  | { readonly is: "answer"; readonly id: string; readonly error: string | null; readonly answer: Fields }
  | { readonly is: "nothing" };

/** Blocks of a message, whole: what was streamed of them before is confirmed or corrected by it. */
export interface SaidLine {
  readonly is: "said";
  readonly message: string;
  readonly parent: string | null;
  readonly blocks: readonly Block[];
  /** It is claude's own report of a failure, not the model's words. */
  readonly isError: boolean;
}

export interface ResultLine {
  readonly is: "result";
  /** The id of the conversation; empty if it does not say it. */
  readonly session: string;
  /** Ids of the messages that it answers, where it says so. */
  readonly inputs: readonly string[];
  /** Claude began this turn by itself. */
  readonly isOwn: boolean;
  readonly isError: boolean;
  readonly wasAborted: boolean;
  readonly status: number | null;
  readonly text: string;
  readonly usage: { readonly input: number; readonly output: number; readonly cached: number };
  /** Of the process so far. */
  readonly totalCostUsd: number | null;
  /** Since the last one, where it says so. */
  readonly costUsd: number | null;
}

export interface PermissionLine {
  readonly is: "permission";
  readonly request: string;
  readonly tool: string;
  readonly toolUse: string;
  readonly input: Fields;
  readonly description: string;
  readonly suggestions: readonly Fields[];
}

const NOTHING: Line = { is: "nothing" };

export function readLine(line: Fields): Line {
  return READERS[string(line["type"])]?.(line) ?? NOTHING;
}

/**
 * What is the same for a line that came twice, and for no other; `null` where it cannot be told. A message of ours that is said back
 * has the id that we gave it, each time.
 */
export function markOf(line: Fields): string | null {
  const uuid = string(line["uuid"]);
  return uuid === "" || line["isReplay"] === true ? null : `${string(line["type"])} ${uuid}`;
}

/** By a null prototype, so that no type finds what every object has. */
const READERS: Readonly<Record<string, ((line: Fields) => Line) | undefined>> = Object.assign(Object.create(null), {
  system: readSystem,
  command_lifecycle: (line: Fields): Line => ({ is: "lifecycle", input: string(line["command_uuid"]), state: string(line["state"]) }),
  stream_event: readStreamEvent,
  assistant: readAssistant,
  user: readUser,
  result: readResult,
  control_request: readRequest,
  control_cancel_request: (line: Fields): Line => ({ is: "request-cancelled", request: string(line["request_id"]) }),
  control_response: readAnswer,
});

function readSystem(line: Fields): Line {
  switch (line["subtype"]) {
    case "init":
      return { is: "init", session: string(line["session_id"]), model: string(line["model"]), mode: string(line["permissionMode"]) };
    case "status":
      return line["permissionMode"] === undefined ? NOTHING : { is: "mode", mode: string(line["permissionMode"]) };
    case "compact_boundary":
      return { is: "compacted" };
    case "api_retry": {
      const status = line["error_status"];
      const why = [...(typeof status === "number" ? [status] : []), string(line["error"]).replaceAll("_", " ") || "unknown"].join(" ");
      return {
        is: "retry",
        attempt: number(line["attempt"]),
        of: number(line["max_retries"]),
        delayMs: number(line["retry_delay_ms"]),
        why,
      };
    }
    default:
      return NOTHING;
  }
}

function readStreamEvent(line: Fields): Line {
  const parent = stringOrNull(line["parent_tool_use_id"]);
  const event = fields(line["event"]);
  const index = number(event["index"]);
  switch (event["type"]) {
    case "message_start": {
      const message = string(fields(event["message"])["id"]);
      return { is: "message-start", message, parent };
    }
    case "message_stop":
      return { is: "message-stop", parent };
    case "content_block_start":
      return { is: "block-start", parent, index, block: readBlock(event["content_block"]) };
    case "content_block_delta": {
      const delta = fields(event["delta"]);
      return { is: "delta", parent, index, text: string(delta["text"]) || string(delta["thinking"]) };
    }
    default:
      return NOTHING;
  }
}

function readAssistant(line: Fields): Line {
  const message = fields(line["message"]);
  const id = string(message["id"]);
  const isError = typeof line["error"] === "string" || line["is_api_error_message"] === true;
  return { is: "said", message: id, parent: stringOrNull(line["parent_tool_use_id"]), blocks: readBlocks(message["content"]), isError };
}

function readUser(line: Fields): Line {
  if (line["isReplay"] === true) return { is: "replay", input: string(line["uuid"]) };
  const blocks = readBlocks(fields(line["message"])["content"]).filter(({ is }) => is === "tool-result");
  return blocks.length === 0 ? NOTHING : { is: "tool-results", blocks, detail: line["tool_use_result"] };
}

/** The content of a message: a text, or a list of blocks. */
export function readBlocks(content: unknown): Block[] {
  return typeof content === "string" ? [{ is: "text", text: content }] : list(content).map(readBlock);
}

function readBlock(value: unknown): Block {
  const block = fields(value);
  const type = string(block["type"]);
  if (type === "text") return { is: "text", text: string(block["text"]) };
  if (type === "thinking") return { is: "reasoning", text: string(block["thinking"]) };
  if (type.endsWith("tool_use")) {
    return { is: "tool", id: string(block["id"]), name: string(block["name"]) || "tool", input: fields(block["input"]) };
  }
  if (!type.endsWith("tool_result")) return { is: "other" };
  return {
    is: "tool-result",
    tool: string(block["tool_use_id"]),
    output: readOutput(block["content"]),
    isError: block["is_error"] === true,
  };
}

function readOutput(content: unknown): string {
  if (typeof content === "string") return content;
  const texts = list(content).map((value) => {
    const { type, text } = fields(value);
    return type === "text" ? string(text) : `[${string(type) || "content"}]`;
  });
  return texts.join("\n");
}

function readResult(line: Fields): Line {
  const usage = fields(line["usage"]);
  const errors = list(line["errors"]).filter((error) => typeof error === "string");
  const since = line["model_usage_since_last_result"];
  const status = number(line["api_error_status"]);
  const subtype = string(line["subtype"]);
  const origin = string(fields(line["origin"])["kind"]);
  return {
    is: "result",
    session: string(line["session_id"]),
    inputs: list(line["user_message_uuids"]).map(string),
    isOwn: origin !== "" && origin !== "human",
    isError: line["is_error"] === true || subtype.startsWith("error"),
    wasAborted: string(line["terminal_reason"]).startsWith("aborted"),
    status: status === 0 ? null : status,
    text: string(line["result"]) || errors.join("\n") || subtype,
    usage: {
      input: number(usage["input_tokens"]) + number(usage["cache_creation_input_tokens"]),
      output: number(usage["output_tokens"]),
      cached: number(usage["cache_read_input_tokens"]),
    },
    totalCostUsd: typeof line["total_cost_usd"] === "number" ? line["total_cost_usd"] : null,
    costUsd: isFields(since) ? Object.values(since).reduce<number>((sum, model) => sum + number(fields(model)["costUSD"]), 0) : null,
  };
}

function readRequest(line: Fields): Line {
  const request = string(line["request_id"]);
  const asked = fields(line["request"]);
  const subtype = string(asked["subtype"]);
  if (subtype !== "can_use_tool") return request === "" ? NOTHING : { is: "other-request", request, subtype };
  return {
    is: "permission",
    request,
    tool: string(asked["tool_name"]) || "tool",
    toolUse: string(asked["tool_use_id"]),
    input: fields(asked["input"]),
    description: string(asked["description"]),
    suggestions: list(asked["permission_suggestions"]).map(fields),
  };
}

function readAnswer(line: Fields): Line {
  const response = fields(line["response"]);
  const isError = response["subtype"] === "error";
  const error = isError ? string(response["error"]) || "It was refused without a reason." : null;
  return { is: "answer", id: string(response["request_id"]), error, answer: fields(response["response"]) };
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function stringOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Written as a text, too. */
export function number(value: unknown): number {
  const read = typeof value === "string" ? Number(value) : value;
  return typeof read === "number" && Number.isFinite(read) ? read : 0;
}
