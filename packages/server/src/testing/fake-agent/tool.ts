/** Runs a tool's command as the agents do: in a shell of a process group of its own, which goes on when the agent is killed. */
import { spawn } from "node:child_process";
import type { ToolCall } from "./answers/directives.ts";

export interface ToolResult {
  readonly code: number | null;
  readonly output: string;
  readonly wasStopped: boolean;
}

/** The command in a tool's input, or what stands for it. */
export function commandOf({ name, input }: ToolCall): string {
  const command = input["command"] ?? input["cmd"];
  return typeof command === "string" ? command : `echo ${name}`;
}

const MAX_OUTPUT = 64 * 1024;

/** Stopped by the signal, with its whole group. */
export async function runTool(command: string, signal: AbortSignal): Promise<ToolResult> {
  const shell = spawn("/bin/sh", ["-c", command], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const take = (data: Buffer): void => {
    output = (output + data.toString()).slice(0, MAX_OUTPUT);
  };
  shell.stdout.on("data", take);
  shell.stderr.on("data", take);
  const stop = (): void => {
    if (shell.pid !== undefined) process.kill(-shell.pid, "SIGKILL");
  };
  signal.addEventListener("abort", stop, { once: true });
  const closed = Promise.withResolvers<number | null>();
  shell.on("close", (code) => closed.resolve(code));
  shell.on("error", () => closed.resolve(127));
  const code = await closed.promise;
  signal.removeEventListener("abort", stop);
  return { code, output, wasStopped: signal.aborted };
}
