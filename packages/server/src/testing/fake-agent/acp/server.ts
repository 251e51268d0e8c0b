/** An agent that speaks ACP v1 over its standard input and output. */
import { randomUUID } from "node:crypto";
import { field, inputMessages, textField, textOfBlocks, type Message } from "../input-lines.ts";
import { printLine } from "../output.ts";
import type { AcpProfile } from "./profile.ts";
import { listSessions, SessionFile } from "./session-file.ts";
import { AcpTurn } from "./turn.ts";

interface Session {
  readonly id: string;
  readonly file: SessionFile;
  readonly failures: Map<string, number>;
  stop: AbortController | null;
}

class Refusal extends Error {
  readonly error: { readonly code: number; readonly message: string; readonly data?: object };

  constructor(error: Refusal["error"]) {
    super(error.message);
    this.error = error;
  }
}

const MODES = {
  availableModes: [
    { id: "default", name: "Default", description: "Prompts for approval" },
    { id: "yolo", name: "YOLO", description: "Auto-approves all tools" },
  ],
  currentModeId: "default",
};
const MODELS = { availableModels: [{ modelId: "auto", name: "Auto", description: "Made up" }], currentModelId: "auto" };

export class AcpServer {
  readonly #profile: AcpProfile;
  readonly #sessions = new Map<string, Session>();
  readonly #questions = new Map<number, (option: string | null) => void>();
  #asked = 0;

  constructor(profile: AcpProfile) {
    this.#profile = profile;
  }

  async run(): Promise<void> {
    for await (const message of inputMessages()) {
      if (typeof message["method"] === "string") this.#serve(message, message["method"]);
      else this.#answered(message);
    }
  }

  #serve(message: Message, method: string): void {
    const id = message["id"];
    const params = field(message, "params");
    const session = textField(params, "sessionId");
    try {
      if (method === "session/cancel") return this.#cancel(session);
      if (method === "session/prompt") return this.#prompt(id, this.#known(session), textOfBlocks(params["prompt"]));
      const result = this.#call(method, session, params);
      if (id !== undefined) printLine({ jsonrpc: "2.0", id, result });
      if (/^session\/(?:new|load|resume)$/.test(method)) this.#commands(textField(result, "sessionId") || session);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (id !== undefined) printLine({ jsonrpc: "2.0", id, error: error.error });
    }
  }

  #call(method: string, session: string, params: Message): Message {
    const cwd = textField(params, "cwd") || process.cwd();
    const { name, version, capabilities, canResume, canList } = this.#profile;
    if (method === "initialize") {
      return { protocolVersion: 1, authMethods: [], agentInfo: { name, title: name, version }, agentCapabilities: capabilities };
    }
    if (method === "authenticate" || method === "session/set_mode" || method === "session/set_model") return {};
    if (method === "session/new") {
      const id = randomUUID();
      this.#open(id, SessionFile.create(this.#profile, id, cwd));
      return { sessionId: id, modes: MODES, models: MODELS };
    }
    if (method === "session/load") return this.#load(session, cwd, true);
    if (method === "session/resume" && canResume) return this.#load(session, cwd, false);
    if (method === "session/list" && canList) {
      return { sessions: listSessions(this.#profile, typeof params["cwd"] === "string" ? params["cwd"] : null) };
    }
    throw new Refusal({ code: -32_601, message: `"Method not found": ${method}`, data: { method } });
  }

  #load(id: string, cwd: string, tells: boolean): Message {
    const file = SessionFile.load(this.#profile, id, cwd);
    if (file === null) throw new Refusal(this.#profile.notFound(id));
    this.#open(id, file);
    for (const item of tells ? file.items : []) {
      if (item.by === "tool") continue;
      const sessionUpdate = item.by === "user" ? "user_message_chunk" : "agent_message_chunk";
      const named = this.#profile.givesMessageIds ? { messageId: item.id } : {};
      this.#update(id, { sessionUpdate, ...named, content: { type: "text", text: item.text } });
    }
    return { modes: MODES, models: MODELS };
  }

  #open(id: string, file: SessionFile): void {
    this.#sessions.set(id, { id, file, failures: new Map(), stop: null });
  }

  #known(id: string): Session {
    const session = this.#sessions.get(id);
    if (!session) throw new Refusal(this.#profile.notFound(id));
    return session;
  }

  #prompt(id: unknown, session: Session, text: string): void {
    const stop = new AbortController();
    session.stop = stop;
    const { file, failures } = session;
    const outside = {
      update: (update: object) => this.#update(session.id, update),
      ask: async (params: object) => this.#ask({ sessionId: session.id, ...params }),
    };
    const turn = new AcpTurn({ profile: this.#profile, file, failures, signal: stop.signal, ...outside }, text);
    void this.#untilOver(turn, session, id);
  }

  async #untilOver(turn: AcpTurn, session: Session, id: unknown): Promise<void> {
    const end = await turn.run();
    session.stop = null;
    const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
    printLine("error" in end ? { jsonrpc: "2.0", id, error: end.error } : { jsonrpc: "2.0", id, result: { ...end, usage } });
  }

  #cancel(id: string): void {
    this.#sessions.get(id)?.stop?.abort();
    for (const answer of this.#questions.values()) answer(null);
    this.#questions.clear();
  }

  async #ask(params: object): Promise<string | null> {
    const id = this.#asked++;
    const answered = Promise.withResolvers<string | null>();
    this.#questions.set(id, answered.resolve);
    printLine({ jsonrpc: "2.0", id, method: "session/request_permission", params });
    return answered.promise;
  }

  #answered(message: Message): void {
    const id = Number(message["id"]);
    const outcome = field(field(message, "result"), "outcome");
    this.#questions.get(id)?.(outcome["outcome"] === "selected" ? textField(outcome, "optionId") : null);
    this.#questions.delete(id);
  }

  #commands(sessionId: string): void {
    const availableCommands = [{ name: "memory", description: "Made up" }];
    this.#update(sessionId, { sessionUpdate: "available_commands_update", availableCommands });
  }

  #update(sessionId: string, update: object): void {
    printLine({ jsonrpc: "2.0", method: "session/update", params: { sessionId, update } });
  }
}
