/**
 * How a run is put together: what is asked of the host, and what is refused before anything is made. The run's row is
 * committed before the host is asked, by run id, so that a repeated request never starts a second program.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { PerdureError, type CreateSession, type RequesterEnvironment, type StartRun } from "@perdure/protocol";
import type { Agent } from "../agents/agent.ts";
import { MAX_HOST_FRAME_BYTES, type SpawnRequest } from "../host/wire.ts";
import type { Home } from "../platform/home.ts";
import type { AgentDetails, SessionDetails } from "./details.ts";
import { runEnvironment, storedEnvironment, type Variables } from "./environment.ts";
import { loginShell } from "./login-environment.ts";
import { withMarks } from "./shell-integration.ts";

/** With room for the rest of the request in a frame to the host. */
const MAX_LAUNCH_BYTES = MAX_HOST_FRAME_BYTES - 1024;

export const DEFAULT_SIZE = { cols: 80, rows: 24 } as const;

/** The details of a session to be made. Throws `cwd-missing` if the directory cannot be entered. */
export function newDetails(request: CreateSession, variables: Variables, agents: readonly Agent[]): SessionDetails {
  const cwd = directoryOf(request.cwd, variables["HOME"] ?? "/");
  requireDirectory(cwd);
  return {
    command: request.command ?? [variables["SHELL"] || loginShell()],
    cwd,
    kind: request.agent && request.agent.view !== "terminal" ? "pipe" : (request.kind ?? "pty"),
    cols: request.cols ?? DEFAULT_SIZE.cols,
    rows: request.rows ?? DEFAULT_SIZE.rows,
    title: "",
    attention: null,
    noticedOffset: -1,
    noticedIncarnation: 1,
    notices: [],
    environment: storedEnvironment(variables, request.environment?.umask),
    agent: agentDetails(request) ?? typedAgent(request, agents),
    chat: null,
    askedEnd: null,
  };
}

function agentDetails({ agent }: CreateSession): AgentDetails | null {
  if (!agent) return null;
  const { view = "chat", model = null, mode = null, flags = [], digest = true } = agent;
  return { id: agent.agent, view, model, mode, flags, program: null, usesDigest: digest };
}

/** A terminal with the program of an agent that is known, as it was typed. */
function typedAgent({ command, kind }: CreateSession, agents: readonly Agent[]): AgentDetails | null {
  const [program, ...flags] = command ?? [];
  if (program === undefined || kind === "pipe") return null;
  const agent = agents.find((one) => one.program !== null && one.program === path.basename(program));
  return agent ? { id: agent.id, view: "terminal", model: null, mode: null, flags, program, usesDigest: false } : null;
}

/** The absolute directory; `~` is the requester's home. */
function directoryOf(asked: string | undefined, home: string): string {
  if (asked === undefined || asked === "~") return home;
  return path.resolve(asked.startsWith("~/") ? path.join(home, asked.slice(2)) : asked);
}

/** What the host is asked to start. Keeps the stable link to the requester's SSH agent. `marks`: where the files of shells with marks are. */
export function spawnRequest(
  run: string,
  session: string,
  details: SessionDetails,
  environment: RequesterEnvironment,
  home: Home,
  marks: string | null = null,
): SpawnRequest {
  const sshAgentLink = linkSshAgent(home, session, environment.variables["SSH_AUTH_SOCK"]);
  const { kind, cwd, cols, rows } = details;
  const shell = kind === "pty" && details.agent === null ? withMarks(details.command, marks, environment.variables) : null;
  const own = runEnvironment(environment.variables, { id: session, home: home.directory, cwd, sshAgentLink });
  const env = { ...own, ...shell?.env };
  const command = [...(shell?.command ?? details.command)];
  const { umask } = environment;
  if (Buffer.byteLength(JSON.stringify([command, cwd, env])) > MAX_LAUNCH_BYTES) {
    throw new PerdureError("too-large", "Command and environment are larger than a program can be given; leave out what it does not need.");
  }
  return { run, kind, command, cwd, env, cols, rows, ...(umask === undefined ? {} : { umask }) };
}

/** The size that a new run gets. */
export function sizeOf(request: StartRun, details: SessionDetails): { cols: number; rows: number } {
  return { cols: request.cols ?? details.cols, rows: request.rows ?? details.rows };
}

/** Removes what a session has in the state directory. */
export function removeLinks(home: Home, session: string): void {
  fs.rmSync(path.join(home.links, `${session}.ssh-agent`), { force: true });
}

function requireDirectory(cwd: string): void {
  try {
    if (!fs.statSync(cwd).isDirectory()) throw Object.assign(new Error("not a directory"), { code: "ENOTDIR" });
    fs.accessSync(cwd, fs.constants.X_OK);
  } catch (cause) {
    throw new PerdureError("cwd-missing", `The directory ${cwd} ${whyNot(cause)}. Choose another one.`, { cause });
  }
}

function whyNot(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return "does not exist";
  return code === "ENOTDIR" ? "is not a directory" : "cannot be entered";
}

/** A link that stays the same while the agent's own socket changes with each login; `null` if the requester has no agent. */
function linkSshAgent(home: Home, session: string, asked: string | undefined): string | null {
  if (!asked || !path.isAbsolute(asked)) return null;
  const link = path.join(home.links, `${session}.ssh-agent`);
  const target = throughLink(home, asked);
  const temporary = `${link}.${process.pid}`;
  fs.rmSync(temporary, { force: true });
  fs.symlinkSync(target, temporary);
  fs.renameSync(temporary, link);
  return link;
}

/** Who asks from within a session has the link of that one: links to links would end with it, or in a circle. */
function throughLink(home: Home, target: string): string {
  if (path.dirname(target) !== home.links) return target;
  try {
    return fs.readlinkSync(target);
  } catch {
    return target; // that session is gone
  }
}
