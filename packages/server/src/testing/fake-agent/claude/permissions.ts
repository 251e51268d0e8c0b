/** Questions of Claude Code to whoever drives it: may this tool run? */
import { randomUUID } from "node:crypto";
import type { ToolCall } from "../answers/directives.ts";
import { field, textField, type Message } from "../input-lines.ts";
import { printLine } from "../output.ts";

export type Permission =
  | { readonly is: "allow"; readonly input: Message }
  | { readonly is: "deny"; readonly message: string }
  | { readonly is: "cancelled" };

export class Permissions {
  readonly #open = new Map<string, (permission: Permission) => void>();

  async ask({ name, input }: ToolCall, toolUse: string): Promise<Permission> {
    const id = randomUUID();
    const answered = Promise.withResolvers<Permission>();
    this.#open.set(id, answered.resolve);
    const suggestions = [{ type: "setMode", mode: "acceptEdits", destination: "session" }];
    const what = { tool_name: name, display_name: name, input, description: "x", permission_suggestions: suggestions };
    printLine({ type: "control_request", request_id: id, request: { subtype: "can_use_tool", ...what, tool_use_id: toolUse } });
    return answered.promise;
  }

  /** The answer as it came, echoed as the agent does. An answer to nothing is passed over. */
  answer(response: Message): void {
    const id = textField(response, "request_id");
    const resolve = this.#open.get(id);
    if (!resolve) return;
    this.#open.delete(id);
    printLine({ type: "control_response", response });
    const said = field(response, "response");
    if (said["behavior"] === "allow") resolve({ is: "allow", input: field(said, "updatedInput") });
    else resolve({ is: "deny", message: textField(said, "message") || textField(response, "error") });
  }

  /** Nobody needs to answer any more. */
  cancel(): void {
    for (const [id, resolve] of this.#open) {
      printLine({ type: "control_cancel_request", request_id: id });
      resolve({ is: "cancelled" });
    }
    this.#open.clear();
  }
}
