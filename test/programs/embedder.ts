// A program that embeds perdure, with functions of its own as agents: what they say is asked for by the message, as `/verb argument`.
//
//   node embedder.ts --home DIRECTORY --port PORT [--resumes]

import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { functionAgent, PerdureError, startServer, type FunctionPart, type FunctionRequest } from "perdure";

const paceMs = 5;

async function* run(request: FunctionRequest): AsyncGenerator<FunctionPart> {
  const [verb = "", argument = "0"] = request.prompt.split(" ");
  switch (verb) {
    case "/long":
      return yield* long(request, Number(argument));
    case "/hang":
      await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
      return;
    case "/throw":
      yield* long(request, Number(argument));
      throw new Error("api_key=hunter2hunter2 was refused");
    case "/ask": {
      const { option } = await request.ask({ title: "May I?" });
      return yield `You said ${option}.`;
    }
    case "/nothing":
      return;
    case "/messages":
      return yield JSON.stringify(request.messages.map(({ role, isCut }) => [role, isCut]));
    default:
      yield `You said: ${request.prompt}`;
  }
}

/** Goes on where an earlier call for the same message was cut. */
async function* long({ saidBefore, signal }: FunctionRequest, lines: number): AsyncGenerator<FunctionPart> {
  const said = [...saidBefore.matchAll(/line (\d+) of \d+\n/g)].length;
  for (let line = said + 1; line <= lines; line += 1) {
    yield `line ${line} of ${lines}\n`;
    await delay(paceMs, undefined, { signal });
  }
}

const { values } = parseArgs({
  options: { home: { type: "string" }, port: { type: "string", default: "0" }, resumes: { type: "boolean", default: false } },
});
const agents = [functionAgent({ id: "mine", name: "My function", version: "7", run, resumes: values.resumes })];

try {
  const server = await startServer({ agents, port: Number(values.port), ...(values.home === undefined ? {} : { home: values.home }) });
  process.once("SIGTERM", () => void server.close());
  void server.ended.then(({ is }) => process.exit(is === "shutdown" ? 0 : 3));
  process.send?.({ ready: { url: server.url } });
} catch (error) {
  const { code, message } = error instanceof PerdureError ? error : { code: "internal", message: String(error) };
  process.send?.({ failed: { code, message } });
  process.exitCode = 1;
}
