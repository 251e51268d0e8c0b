/**
 * Claude Code in stream-json both ways: control requests answered at once, user messages one turn after the other, the same message
 * known by its uuid. The end of its input lets it finish what it has.
 */
import { randomUUID } from "node:crypto";
import { field, inputMessages, textField, textOfBlocks, type Message } from "../input-lines.ts";
import { printLine } from "../output.ts";
import type { ClaudeArguments } from "./arguments.ts";
import { initialized, lifecycle, replayed, type LineNames } from "./lines.ts";
import type { LiveFile } from "./live-file.ts";
import { Permissions } from "./permissions.ts";
import type { Transcript } from "./transcript.ts";
import { Turn, type UserMessage } from "./turn.ts";

export class StreamJson {
  readonly #args: ClaudeArguments;
  readonly #names: LineNames;
  readonly #transcript: Transcript;
  readonly #live: LiveFile;
  readonly #permissions = new Permissions();
  readonly #failures = new Map<string, number>();
  readonly #queue: UserMessage[] = [];
  readonly #known = new Set<string>();
  #model: string;
  #permissionMode: string;
  #running: AbortController | null = null;
  #turns: Promise<void> = Promise.resolve();
  #exitCode = 0;

  constructor(args: ClaudeArguments, sessionId: string, transcript: Transcript, live: LiveFile) {
    this.#args = args;
    this.#names = { session_id: sessionId };
    this.#transcript = transcript;
    this.#live = live;
    this.#model = args.model;
    this.#permissionMode = args.permissionMode;
  }

  /** Resolves with the exit code when the input has ended and the last turn is over. */
  async run(): Promise<number> {
    process.on("SIGINT", () => this.#stopForGood());
    for await (const message of inputMessages()) this.#take(message);
    await this.#turns;
    return this.#exitCode;
  }

  #take(message: Message): void {
    if (message["type"] === "user") this.#takeUser(message);
    if (message["type"] === "control_request") this.#control(textField(message, "request_id"), field(message, "request"));
    if (message["type"] === "control_response") this.#permissions.answer(field(message, "response"));
  }

  #takeUser(line: Message): void {
    const message = field(line, "message");
    const uuid = textField(line, "uuid") || randomUUID();
    if (this.#known.has(uuid) || this.#transcript.isAnswered(uuid)) {
      printLine(lifecycle(this.#names, uuid, "completed"));
      if (this.#args.withReplay) printLine(replayed(this.#names, uuid, message));
      return;
    }
    this.#known.add(uuid);
    printLine(lifecycle(this.#names, uuid, "queued"));
    this.#queue.push({ uuid, text: textOfBlocks(message["content"]), message });
    if (this.#queue.length === 1 && this.#running === null) this.#turns = this.#work();
  }

  async #work(): Promise<void> {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      this.#running = new AbortController();
      this.#live.say("busy");
      const turn = new Turn(this.#way(this.#running.signal), next);
      this.#exitCode = (await turn.run()) === "api_error" ? 1 : 0;
      this.#running = null;
      this.#live.say("idle");
    }
  }

  #way(signal: AbortSignal): ConstructorParameters<typeof Turn>[0] {
    const common = { names: this.#names, args: this.#args, model: this.#model, permissionMode: this.#permissionMode };
    return { ...common, transcript: this.#transcript, permissions: this.#permissions, failures: this.#failures, signal };
  }

  #control(id: string, request: Message): void {
    const answer = (response: object): void =>
      printLine({ type: "control_response", response: { subtype: "success", request_id: id, response } });
    switch (request["subtype"]) {
      case "initialize":
        return answer(initialized(this.#permissionMode));
      case "interrupt":
        this.#permissions.cancel();
        answer({ still_queued: [] });
        return this.#running?.abort();
      case "set_model":
        this.#model = textField(request, "model") || this.#model;
        return answer({ model: this.#model });
      case "set_permission_mode":
        this.#permissionMode = textField(request, "mode");
        answer({ mode: this.#permissionMode });
        return printLine({ type: "system", subtype: "status", status: null, permissionMode: this.#permissionMode, ...this.#names });
      default: {
        const error = `Unsupported control request subtype: ${String(request["subtype"])}`;
        return printLine({
          type: "control_response",
          response: { subtype: "error", request_id: id, error, error_code: "unsupported_request" },
        });
      }
    }
  }

  /** SIGINT: what is said is kept, then the program ends well. */
  #stopForGood(): void {
    this.#queue.length = 0;
    this.#permissions.cancel();
    this.#running?.abort();
    void this.#turns.then(() => {
      this.#transcript.flush();
      this.#live.remove();
      process.exit(0);
    });
  }
}
