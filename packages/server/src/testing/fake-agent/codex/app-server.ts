/** Codex's app server: JSON-RPC without its version field, one line each. The end of its input breaks off what runs. */
import { randomUUID } from "node:crypto";
import { asMessage, field, inputMessages, textField, textOfBlocks, type Message } from "../input-lines.ts";
import { complain, printLine } from "../output.ts";
import { CODEX_VERSION, threadOf, turnOf } from "./items.ts";
import { codexHome, findRollout, lockThread, newRollout, Rollout } from "./rollout.ts";
import { CodexTurn } from "./turn.ts";

interface Thread {
  readonly id: string;
  readonly rollout: Rollout;
  readonly cwd: string;
  readonly failures: Map<string, number>;
  isAnnounced: boolean;
  asksForApproval: boolean;
  turn: { readonly id: string; readonly stop: AbortController } | null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

class Refusal extends Error {
  readonly code = -32_600;
}

export class AppServer {
  readonly #threads = new Map<string, Thread>();
  readonly #questions = new Map<number, (decision: string | null) => void>();
  #asked = 0;

  async run(): Promise<void> {
    for await (const message of inputMessages()) {
      if (typeof message["method"] === "string") this.#serve(message, message["method"]);
      else this.#resolve(Number(message["id"]), textField(field(message, "result"), "decision"));
    }
    for (const { turn } of this.#threads.values()) turn?.stop.abort();
  }

  #serve(message: Message, method: string): void {
    const id = message["id"];
    if (id === undefined) return;
    try {
      const after: (() => void)[] = [];
      const result = this.#call(method, field(message, "params"), after);
      printLine({ id, result });
      for (const then of after) then();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      printLine({ error: { code: error.code, message: error.message }, id });
    }
  }

  #call(method: string, params: Message, after: (() => void)[]): object {
    const thread = textField(params, "threadId");
    switch (method) {
      case "initialize":
        return { userAgent: `perdure/${CODEX_VERSION} (made up)`, codexHome: codexHome(), platformFamily: "unix", platformOs: "linux" };
      case "model/list":
        return {
          data: [{ id: "gpt-5.1-codex", model: "gpt-5.1-codex", displayName: "GPT-5.1-Codex", description: "Made up", isDefault: true }],
          nextCursor: null,
        };
      case "thread/start":
        return this.#start(params);
      case "thread/resume":
        return this.#resume(thread, params);
      case "thread/read":
        return { thread: this.#told(this.#loaded(thread, `thread not loaded: ${thread}`)) };
      case "thread/turns/list":
        return { data: turnsOf(this.#loaded(thread, `thread not loaded: ${thread}`)).toReversed(), nextCursor: null };
      case "turn/start":
        return this.#turn(this.#loaded(thread, `thread not found: ${thread}`), params, after);
      case "turn/interrupt":
        return this.#interrupt(this.#loaded(thread, `thread not found: ${thread}`), after);
      default:
        throw new Refusal(`Invalid request: unknown variant \`${method}\`, expected one of \`initialize\`, \`thread/start\``);
    }
  }

  #start(params: Message): object {
    const id = randomUUID();
    const cwd = textField(params, "cwd") || process.cwd();
    lockThread(id);
    return this.#opened({ ...emptyThread(id, new Rollout(newRollout(id), id, cwd), cwd), asksForApproval: asks(params) ?? false });
  }

  #resume(id: string, params: Message): object {
    if (!UUID.test(id)) {
      throw new Refusal(
        `invalid session id: invalid character: expected an optional prefix of \`urn:uuid:\` followed by [0-9a-fA-F-], found \`${id.slice(0, 1)}\` at 1`,
      );
    }
    const file = findRollout(id);
    if (file === null) throw new Refusal(`no rollout found for thread id ${id}`);
    if (!lockThread(id)) {
      complain(
        `ERROR codex_core::session: failed to initialize thread persistence: thread-store conflict: thread ${id} already has an active writer`,
      );
      throw new Refusal(`thread ${id} already has an active writer`);
    }
    this.#notify("thread/status/changed", { threadId: id, status: { type: "idle" } });
    const cwd = textField(params, "cwd") || process.cwd();
    return this.#opened({ ...emptyThread(id, new Rollout(file, id, cwd), cwd), isAnnounced: true, asksForApproval: asks(params) ?? false });
  }

  #opened(thread: Thread): object {
    this.#threads.set(thread.id, thread);
    const settings = { model: "gpt-5.1-codex", modelProvider: "fake", approvalPolicy: thread.asksForApproval ? "untrusted" : "on-request" };
    return { thread: this.#told(thread), ...settings, cwd: thread.cwd, sandbox: { type: "dangerFullAccess" }, reasoningEffort: null };
  }

  #turn(thread: Thread, params: Message, after: (() => void)[]): object {
    const id = randomUUID();
    if (!thread.isAnnounced) this.#notify("thread/started", { thread: this.#told(thread) });
    thread.isAnnounced = true;
    thread.asksForApproval = asks(params) ?? thread.asksForApproval;
    const stop = new AbortController();
    thread.turn = { id, stop };
    const way = {
      thread: thread.id,
      turn: id,
      rollout: thread.rollout,
      failures: thread.failures,
      asksForApproval: thread.asksForApproval,
    };
    const outside = {
      signal: stop.signal,
      notify: (method: string, told: object) => this.#notify(method, told),
      ask: async (method: string, asked: object) => this.#ask(method, asked),
    };
    const turn = new CodexTurn({ ...way, ...outside }, textOfBlocks(params["input"]));
    after.push(() => {
      void turn.run(textField(params, "clientUserMessageId") || null).then(() => (thread.turn = null));
    });
    return { turn: turnOf({ id, status: "inProgress" }) };
  }

  #interrupt(thread: Thread, after: (() => void)[]): object {
    const { turn } = thread;
    if (turn === null) throw new Refusal("no active turn to interrupt");
    after.push(() => {
      turn.stop.abort();
      for (const id of this.#questions.keys()) this.#resolve(id, null);
    });
    return {};
  }

  async #ask(method: string, params: object): Promise<string | null> {
    const id = this.#asked++;
    const answered = Promise.withResolvers<string | null>();
    this.#questions.set(id, answered.resolve);
    printLine({ method, id, params });
    const decision = await answered.promise;
    this.#notify("serverRequest/resolved", { ...asMessage(params), requestId: id });
    return decision;
  }

  #resolve(id: number, decision: string | null): void {
    this.#questions.get(id)?.(decision);
    this.#questions.delete(id);
  }

  #loaded(id: string, refusal: string): Thread {
    const thread = this.#threads.get(id);
    if (!thread) throw new Refusal(refusal);
    return thread;
  }

  #told(thread: Thread): object {
    return threadOf(thread.id, thread.rollout.file, thread.cwd, turnsOf(thread));
  }

  #notify(method: string, params: object): void {
    printLine({ method, params, emittedAtMs: Date.now() });
  }
}

function turnsOf({ rollout }: Thread): object[] {
  return rollout.turns().map((turn) => turnOf(turn));
}

function emptyThread(id: string, rollout: Rollout, cwd: string): Thread {
  return { id, rollout, cwd, failures: new Map(), isAnnounced: false, asksForApproval: false, turn: null };
}

/** Whether each command is asked about; `null` where nothing is said of it. */
function asks(params: Message): boolean | null {
  const policy = params["approvalPolicy"];
  return typeof policy === "string" ? policy === "untrusted" : null;
}
