/**
 * Agents that the user registered: commands that speak the Agent Client Protocol, in `agents.json` of the state directory.
 *
 *     { "agents": { "goose": { "name": "Goose", "command": ["goose", "acp"], "env": { "GOOSE_MODE": "approve" } } } }
 *
 * The file is read again whenever it has changed: what is written counts for the next session, without a new start. What cannot be
 * read is said, with file, place and expectation; the other agents are there all the same.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { PerdureError } from "@perdure/protocol";
import * as z from "zod/mini";
import type { AcpCommand } from "./acp/acp-agent.ts";
import type { Agent } from "./agent.ts";
import { knownAgents, type Agents } from "./agents.ts";

/** A larger file is not read. */
const MAX_FILE_BYTES = 1024 * 1024;

const AGENT_ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const text = z.string("expected a text").check(z.minLength(1, "expected a text that is not empty"));

/** What is written of one command. */
export const RegisteredCommand = z.strictObject(
  {
    /** For people; default: the id. */
    name: z.optional(text.check(z.maxLength(100, "expected at most 100 characters"))),
    /** Program and arguments that make it speak ACP. A program without a slash is looked for in PATH. */
    command: z
      .array(text, "expected a list: the program and its arguments")
      .check(z.minLength(1, "expected the program, and its arguments")),
    /** Added to the environment of the session. */
    env: z.optional(z.record(text, z.string("expected a text"), "expected variables with their values")),
    howToGet: z.optional(text),
    /** Arguments with which the program prints its version. */
    versionArgs: z.optional(z.array(z.string("expected a text"), "expected a list of arguments")),
  },
  'expected an object such as {"command": ["goose", "acp"]}',
);
export type RegisteredCommand = z.infer<typeof RegisteredCommand>;

const RegisteredFile = z.strictObject(
  { agents: z.record(z.string(), z.unknown(), "expected an object: agents by their ids") },
  'expected an object {"agents": {…}}',
);

export function agentsFile(directory: string): string {
  return path.join(directory, "agents.json");
}

/** Those that come with it and those of the file, as it is at the moment. */
export class RegisteredAgents implements Agents {
  readonly #file: string;
  readonly #onNotice: (text: string) => void;
  #seen = "";
  #read: Agents = { all: knownAgents(), notices: [] };

  /** `onNotice`: called once for each thing that cannot be used, whenever the file was read. */
  constructor(file: string, onNotice: (text: string) => void) {
    this.#file = file;
    this.#onNotice = onNotice;
  }

  get all(): readonly Agent[] {
    return this.#now.all;
  }

  get notices(): readonly string[] {
    return this.#now.notices;
  }

  get #now(): Agents {
    const seen = stampOf(this.#file);
    if (seen === this.#seen) return this.#read;
    this.#seen = seen;
    const { commands, problems } = readRegistered(this.#file);
    this.#read = { all: knownAgents(commands), notices: problems };
    for (const problem of problems) this.#onNotice(problem);
    return this.#read;
  }
}

/** Changes with every change of the file. */
function stampOf(file: string): string {
  const stat = fs.statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}` : "";
}

/** What can be used of the file, and what cannot. No file: nothing of both. */
export function readRegistered(file: string): { readonly commands: readonly AcpCommand[]; readonly problems: readonly string[] } {
  const parsed = parseFile(file);
  if (!parsed.ok) return { commands: [], problems: [parsed.problem] };
  const commands: AcpCommand[] = [];
  const problems: string[] = [];
  for (const [id, value] of Object.entries(parsed.agents)) {
    const read = AGENT_ID.test(id) ? RegisteredCommand.safeParse(value) : null;
    if (read?.success) commands.push(commandOf(id, read.data));
    else problems.push(`${file}: ${read ? whatIsWrong(["agents", id], read.error) : wrongId(id)}. This agent is left out.`);
  }
  return { commands, problems };
}

function commandOf(id: string, { name = id, command, ...rest }: RegisteredCommand): AcpCommand {
  const [program = "", ...args] = command;
  const { env, howToGet, versionArgs } = rest;
  return {
    id,
    name,
    command: [program, ...args],
    ...(env === undefined ? {} : { env }),
    ...(howToGet === undefined ? {} : { howToGet }),
    ...(versionArgs === undefined ? {} : { versionArgs }),
  };
}

/** Writes a command into the file, or takes it out of it (`null`). Throws `bad-request` if the file, or the command, cannot be used. */
export function register(file: string, id: string, command: RegisteredCommand | null): void {
  const parsed = parseFile(file);
  if (!parsed.ok) throw new PerdureError("bad-request", `${parsed.problem} Nothing was changed.`);
  const { [id]: before, ...others } = parsed.agents;
  if (command === null && before === undefined) throw new PerdureError("unknown-agent", `No agent "${id}" is registered in ${file}.`);
  if (!AGENT_ID.test(id)) throw new PerdureError("bad-request", `${wrongId(id)}.`);
  const read = command === null ? null : RegisteredCommand.safeParse(command);
  if (read?.success === false) throw new PerdureError("bad-request", `${whatIsWrong([], read.error)}.`);
  const agents = command === null ? others : { ...others, [id]: command };
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, `${JSON.stringify({ agents }, null, 2)}\n`, { mode: 0o600 });
  fs.renameSync(temporary, file);
}

type ParsedFile =
  | { readonly ok: true; readonly agents: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problem: string };

function parseFile(file: string): ParsedFile {
  try {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (!stat) return { ok: true, agents: {} };
    if (stat.size > MAX_FILE_BYTES) return unusable(file, `expected at most ${MAX_FILE_BYTES} bytes`);
    const parsed = RegisteredFile.safeParse(JSON.parse(fs.readFileSync(file, "utf8")));
    return parsed.success ? { ok: true, agents: parsed.data.agents } : unusable(file, whatIsWrong([], parsed.error));
  } catch (error) {
    return unusable(file, error instanceof SyntaxError ? `expected JSON (${error.message})` : `it cannot be read (${String(error)})`);
  }
}

function unusable(file: string, why: string): ParsedFile {
  return { ok: false, problem: `${file}: ${why}. No agent of this file can be used.` };
}

function wrongId(id: string): string {
  return `agents.${id}: expected an id of at most 64 small letters, digits, ".", "_" and "-"`;
}

/** The first thing that is wrong: where, and what was expected. */
function whatIsWrong(at: readonly string[], { issues }: z.core.$ZodError): string {
  const [issue] = issues;
  const place = [...at, ...(issue?.path ?? []).map(String)].join(".");
  const isUnknownField = issue?.code === "unrecognized_keys";
  const expectation = isUnknownField ? `there is no field ${issue.keys.map((key) => `"${key}"`).join(", ")}` : (issue?.message ?? "");
  return place === "" ? expectation : `${place}: ${expectation}`;
}
