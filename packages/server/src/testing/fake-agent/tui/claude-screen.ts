/** Claude Code's terminal program: the transcript of the conversation, and how it is resumed. */
import { randomUUID } from "node:crypto";
import type { Item } from "../answers/plan.ts";
import { messageOf } from "../claude/lines.ts";
import type { LiveFile } from "../claude/live-file.ts";
import type { Transcript } from "../claude/transcript.ts";
import type { TerminalAgent } from "./terminal.ts";

export function claudeScreen(sessionId: string, transcript: Transcript, live: LiveFile): TerminalAgent {
  const add = ({ by, text }: Item): void => {
    const content = [by === "tool" ? { type: "tool_result", content: text, tool_use_id: "toolu_made_up" } : { type: "text", text }];
    if (by === "assistant") transcript.append("assistant", randomUUID(), messageOf(`msg_${randomUUID()}`, "claude-opus-5-5", content));
    else transcript.append("user", randomUUID(), { role: "user", content });
  };
  return {
    title: "✳ Claude Code",
    usesAlternateScreen: process.env["CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN"] !== "1",
    farewell: `Resume this session with:\r\nclaude --resume ${sessionId}`,
    items: () => transcript.items(),
    add,
    close: () => {
      transcript.flush();
      live.remove();
    },
  };
}
