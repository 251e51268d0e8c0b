/**
 * The host: all runs of one state directory, and the one server that controls them. A request is answered by what the runs and
 * their files say; nothing here is remembered that a next host could not read from `host/`.
 */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import type { Socket } from "node:net";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { crashPoint } from "../platform/crash.ts";
import { bootId, startTimeOf } from "../platform/processes.ts";
import { RunSession, endProcesses } from "./ending.ts";
import { readEpoch, storeEpoch } from "./epoch.ts";
import { writeWhole } from "./files.ts";
import { prepareLaunch } from "./launch.ts";
import { Link, type LinkEvents } from "./link.ts";
import { startPipe } from "./pipe.ts";
import { startPty } from "./pty.ts";
import { reopenRuns } from "./reopen.ts";
import { Run, type RunEvents, type RunFacts } from "./run.ts";
import { HOST_FEATURES, HOST_PROTOCOL, type HostFailure, type HostInput, type HostRequest, type SpawnRequest } from "./wire.ts";

const HELLO_WITHIN_MS = 5000;
/** Grace for programs when the host is told to end them all, and how long their last output is waited for. */
const SHUTDOWN_GRACE_MS = 3000;
const LAST_OUTPUT_MS = 2000;
const LOOK_MS = 20;
/** As many as one `hello` can tell of. */
export const MAX_RUNS = 4000;

export interface HostOptions {
  readonly directory: string;
  readonly version: string;
  readonly spoolLimitBytes: number;
  readonly log: (line: string) => void;
  /** Told to exit, and nothing runs. */
  readonly exit: () => void;
}

type Of<T extends HostRequest["type"]> = Extract<HostRequest, { type: T }>;

export class Host implements LinkEvents, RunEvents {
  readonly #options: HostOptions;
  readonly #instance = randomUUID();
  readonly #bootId = bootId();
  readonly #runs = new Map<string, Run>();
  readonly #byHandle = new Map<number, Run>();
  readonly #sessions = new Map<Run, RunSession>();
  readonly #waiting = new Map<Link, NodeJS.Timeout>();
  #server: Link | undefined;
  #epoch: number;
  #handles = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    fs.mkdirSync(this.#runDirectory(""), { recursive: true, mode: 0o700 });
    this.#epoch = readEpoch(options.directory);
    const open = (directory: string, facts: RunFacts) => this.#open(directory, facts);
    for (const { run, leader } of reopenRuns(this.#runDirectory(""), this.#bootId, open, options.log)) {
      this.#sessions.set(run, new RunSession(run.facts.run, leader));
      options.log(`found run ${run.facts.run}: ${run.isAlive ? "adopted" : "over"}`);
    }
  }

  get hasLivingRuns(): boolean {
    return [...this.#runs.values()].some((run) => run.isAlive);
  }

  accept(socket: Socket): void {
    const link = new Link(socket, this);
    this.#waiting.set(
      link,
      setTimeout(() => link.refuse("bad-message", "No hello came in time.", this.#epoch), HELLO_WITHIN_MS),
    );
  }

  closed(link: Link): void {
    clearTimeout(this.#waiting.get(link));
    this.#waiting.delete(link);
    if (this.#server === link) this.#disconnect();
  }

  close(): void {
    for (const run of this.#runs.values()) run.close();
    this.#server?.close();
    for (const link of this.#waiting.keys()) link.close();
  }

  unreadable(run: Run, error: unknown): void {
    this.#options.log(`the spool of run ${run.facts.run} could not be read, trying again: ${String(error)}`);
  }

  appended(run: Run, framed: Buffer): void {
    this.#server?.offer(run, framed);
    if (run.spool.end) this.#options.log(`run ${run.facts.run} ended: ${JSON.stringify(run.spool.end)}`);
  }

  spoolChanged(run: Run, state: "ok" | "limit" | "disk-full"): void {
    this.#options.log(`spool of run ${run.facts.run}: ${state}`);
    if (this.#server?.isReading(run)) this.#server.send({ type: "spool", run: run.facts.run, state });
  }

  request(link: Link, request: HostRequest): void {
    if (request.type === "hello") return this.#hello(link, request);
    if (link !== this.#server) return link.refuse("bad-message", "The first message has to be hello.", this.#epoch);
    this.#carryOut(link, request).catch((error: unknown) => this.#failed(link, request, error));
  }

  input(link: Link, input: HostInput): void {
    if (link !== this.#server) return link.refuse("bad-message", "The first message has to be hello.", this.#epoch);
    const { handle, writer, seq } = input;
    const answer = this.#byHandle.get(handle)?.input(input) ?? { ok: false, reason: "unknown-run" };
    if (answer.ok) link.acknowledge({ type: "input-acked", handle, writer, seq });
    else link.send({ type: "input-refused", handle, writer, seq, ...answer });
  }

  /** All of it happens before this returns, unless there is something to wait for: requests are carried out in order. */
  async #carryOut(link: Link, request: Exclude<HostRequest, { type: "hello" }>): Promise<void> {
    switch (request.type) {
      case "spawn":
        return this.#spawn(link, request);
      case "read":
        return this.#read(link, request);
      case "ack":
        return this.#runs.get(request.run)?.ack(request.upTo);
      case "resize":
        return this.#runs.get(request.run)?.resize(request.cols, request.rows);
      case "end":
        return this.#end(link, request);
      case "forget":
        return this.#forget(link, request);
      case "shutdown":
        return this.#shutdown(link, request);
    }
  }

  /** What goes wrong with one request, a full table of files for example, ends that request and nothing else. */
  #failed(link: Link, request: HostRequest, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.log(`${request.type} failed: ${error instanceof Error ? error.stack : reason}`);
    if ("request" in request)
      link.send({ type: "failed", request: request.request, code: "internal", message: `The host failed: ${reason}` });
  }

  #hello(link: Link, request: Of<"hello">): void {
    if (request.protocol !== HOST_PROTOCOL) {
      const message = `This host speaks protocol ${HOST_PROTOCOL}, not ${request.protocol}. End its programs with the release that started it, then shut it down.`;
      return link.refuse("wrong-protocol", message, this.#epoch);
    }
    if (request.epoch < this.#epoch) return link.refuse("stale-epoch", "A newer server controls this host.", this.#epoch);
    if (request.epoch > this.#epoch) this.#raiseEpoch(request.epoch);
    clearTimeout(this.#waiting.get(link));
    this.#waiting.delete(link);
    if (this.#server && this.#server !== link) {
      const superseded = this.#server;
      this.#disconnect();
      superseded.refuse("stale-epoch", "A newer server has taken over.", this.#epoch);
    }
    this.#server = link;
    const runs = [...this.#runs.values()].map((run) => run.describe());
    const about = { instance: this.#instance, bootId: this.#bootId, pid: process.pid, version: this.#options.version };
    link.send({ type: "hello", protocol: HOST_PROTOCOL, features: HOST_FEATURES, ...about, runs });
  }

  #disconnect(): void {
    this.#server = undefined;
    for (const run of this.#runs.values()) run.serverGone();
  }

  /** On a full disk it is kept in memory: a server that could not reach its programs then would be worse. */
  #raiseEpoch(epoch: number): void {
    this.#epoch = epoch;
    try {
      storeEpoch(this.#options.directory, epoch);
    } catch (error) {
      this.#options.log(`epoch ${epoch} could not be stored: ${String(error)}`);
    }
  }

  /** The same run asked for again gets the same answer: its directory is the memory. */
  #spawn(link: Link, wanted: Of<"spawn">): void {
    const { request } = wanted;
    const made = this.#runs.get(wanted.run) ?? this.#start(wanted);
    if (made instanceof Run) link.send({ type: "spawned", request, run: made.describe() });
    else link.send({ type: "failed", request, ...made });
  }

  #start(request: SpawnRequest): Run | { readonly code: HostFailure; readonly message: string } {
    if (this.#runs.size >= MAX_RUNS) return { code: "spawn-failed", message: `This host has ${MAX_RUNS} runs, which is all it takes.` };
    const launch = prepareLaunch(request);
    if ("code" in launch) return launch;
    const { run: id, kind, command, cwd, cols, rows } = request;
    const facts: RunFacts = { run: id, kind, command, cwd, cols, rows, bootId: this.#bootId };
    const directory = this.#runDirectory(id);
    let run: Run | undefined;
    try {
      fs.mkdirSync(directory, { mode: 0o700 });
      writeWhole(path.join(directory, "run.json"), JSON.stringify(facts));
      const made = (run = this.#open(directory, facts));
      const events = { output: made.output.bind(made), ended: made.ended.bind(made) };
      const program = made.journal ? startPipe(directory, request, launch, made.journal, events) : startPty(request, launch, events);
      crashPoint("host-after-spawn");
      made.started(program);
      this.#remember(made, directory, program.pid);
      return made;
    } catch (error) {
      if (run?.isAlive) throw error;
      if (run) this.#drop(run);
      fs.rmSync(directory, { recursive: true, force: true });
      return spawnFailure(error);
    }
  }

  /** The pid in the file lets a next host adopt the program; without it the next one looks for the cookie. */
  #remember(run: Run, directory: string, pid: number): void {
    let startTime: string | undefined;
    try {
      startTime = startTimeOf(pid);
      writeWhole(path.join(directory, "run.json"), JSON.stringify({ ...run.facts, pid, startTime }));
    } catch (error) {
      this.#options.log(`the pid of run ${run.facts.run} could not be noted: ${String(error)}`);
    }
    this.#sessions.set(run, new RunSession(run.facts.run, startTime === undefined ? undefined : { pid, startTime }));
    this.#options.log(`started run ${run.facts.run} (${run.facts.kind}) as pid ${pid}`);
  }

  #open(directory: string, facts: RunFacts): Run {
    const run = new Run(directory, facts, (this.#handles += 1), this.#options.spoolLimitBytes, this);
    this.#runs.set(facts.run, run);
    this.#byHandle.set(run.handle, run);
    return run;
  }

  #drop(run: Run): void {
    run.close();
    this.#server?.forget(run);
    this.#runs.delete(run.facts.run);
    this.#byHandle.delete(run.handle);
    this.#sessions.delete(run);
  }

  #read(link: Link, request: Of<"read">): void {
    const run = this.#runs.get(request.run);
    if (!run) return;
    run.committedBefore(request.from);
    link.read(run, request.from);
    run.readBegun();
  }

  async #end(link: Link, { request, run: id, graceMs }: Of<"end">): Promise<void> {
    const run = this.#runs.get(id);
    const session = run && this.#sessions.get(run);
    if (!session) return link.send({ type: "failed", request, code: "unknown-run", message: `The host has no run ${id}.` });
    const left = await endProcesses(session, graceMs);
    if (left.length === 0) return link.send({ type: "done", request });
    const pids = left.map(({ pid }) => pid).join(", ");
    link.send({ type: "failed", request, code: "still-alive", message: `These processes do not end, even by KILL: ${pids}.` });
  }

  #forget(link: Link, { request, run: id }: Of<"forget">): void {
    const run = this.#runs.get(id);
    if (run?.isAlive) return link.send({ type: "failed", request, code: "still-alive", message: `The run ${id} is alive. End it first.` });
    if (run && !run.spool.end)
      return link.send({ type: "failed", request, code: "not-ended", message: `The end of run ${id} is not stored yet. Try again.` });
    if (run) {
      this.#drop(run);
      fs.rmSync(this.#runDirectory(id), { recursive: true, force: true });
    }
    link.send({ type: "done", request });
  }

  async #shutdown(link: Link, { request, end }: Of<"shutdown">): Promise<void> {
    if (end) await Promise.all([...this.#sessions.values()].map((session) => endProcesses(session, SHUTDOWN_GRACE_MS)));
    else if (this.hasLivingRuns) {
      return link.send({
        type: "failed",
        request,
        code: "runs-alive",
        message: "Programs are running. End them first, or ask for it with end.",
      });
    }
    for (let waitedMs = 0; this.hasLivingRuns && waitedMs < LAST_OUTPUT_MS; waitedMs += LOOK_MS) await delay(LOOK_MS);
    link.send({ type: "done", request });
    this.#options.log("told to exit");
    this.#options.exit();
  }

  #runDirectory(id: string): string {
    return path.join(this.#options.directory, "runs", id);
  }
}

function spawnFailure(error: unknown): { readonly code: HostFailure; readonly message: string } {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT")
    return { code: "storage-full", message: "The disk of the state directory is full. Free some space and try again." };
  return { code: "spawn-failed", message: `The program could not be started: ${error instanceof Error ? error.message : String(error)}` };
}
