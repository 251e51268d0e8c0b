// Words in a user's text that say how the model answers. Each stands at the start of a word: `#slow 40 20`.
//
//   #slow <chunks> <ms>      numbered chunks, with a pause before each but the first
//   #tool <name> <json>      calls a tool; several of them make several calls in one answer
//   #error <status> [times]  fails with this status, the first `times` requests only (without: always)
//   #cut <chunks> [times]    so many chunks, then the connection breaks, the first `times` requests only (without: always)
//   #hang                    the head of an answer and nothing more
//   #big <bytes>             numbered lines of 80 bytes
//   #think                   a reasoning before the answer
//
// Of the fake agent alone, each before its second chunk:
//
//   #garbage                 a line that is no message
//   #huge <bytes>            a line of an unknown kind with so many bytes
//   #exit <code>             ends in the middle of a line
//   #late                    says something when the turn is over
//
// Anything else is echoed.

export interface ToolCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Directives {
  readonly slow?: { readonly chunks: number; readonly pauseMs: number };
  readonly tools: readonly ToolCall[];
  /** `times`: how often in a row. */
  readonly error?: { readonly status: number; readonly times: number };
  readonly cut?: { readonly chunks: number; readonly times: number };
  readonly hang: boolean;
  readonly bigBytes?: number;
  readonly think: boolean;
  readonly garbage: boolean;
  readonly hugeBytes?: number;
  readonly exitCode?: number;
  readonly late: boolean;
}

export function readDirectives(text: string): Directives {
  const slow = numbers(text, "slow", 2);
  const error = numbers(text, "error", 1);
  const cut = numbers(text, "cut", 1);
  const big = numbers(text, "big", 1);
  const huge = numbers(text, "huge", 1);
  const exit = numbers(text, "exit", 1);
  return {
    tools: readCalls(text),
    hang: has(text, "hang"),
    think: has(text, "think"),
    garbage: has(text, "garbage"),
    late: has(text, "late"),
    ...(slow && { slow: { chunks: slow[0]!, pauseMs: slow[1]! } }),
    ...(error && { error: { status: error[0]!, times: error[1] ?? Infinity } }),
    ...(cut && { cut: { chunks: cut[0]!, times: cut[1] ?? Infinity } }),
    ...(big && { bigBytes: big[0]! }),
    ...(huge && { hugeBytes: huge[0]! }),
    ...(exit && { exitCode: exit[0]! }),
  };
}

function has(text: string, name: string): boolean {
  return new RegExp(`(?:^|\\s)#${name}\\b`).test(text);
}

/** The numbers behind a directive; `null` without at least `least` of them. */
function numbers(text: string, name: string, least: number): readonly number[] | null {
  const found = new RegExp(`(?:^|\\s)#${name}((?:\\s+\\d+)*)`).exec(text)?.[1];
  const values = found?.trim().split(/\s+/).filter(Boolean).map(Number) ?? [];
  return values.length < least ? null : values;
}

function readCalls(text: string): ToolCall[] {
  const calls: ToolCall[] = [];
  for (const match of text.matchAll(/(?:^|\s)#tool\s+([\w.-]+)\s+(?=\{)/g)) {
    const json = objectAt(text, match.index + match[0].length);
    if (json !== null) calls.push({ name: match[1]!, input: JSON.parse(json) as Record<string, unknown> });
  }
  return calls;
}

/** The JSON object that begins here, up to the brace that closes it. */
function objectAt(text: string, start: number): string | null {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inString && character === "\\") at++;
    else if (character === '"') inString = !inString;
    else if (!inString && character === "{") depth++;
    else if (!inString && character === "}" && --depth === 0) return text.slice(start, at + 1);
  }
  return null;
}
