import { expect, test } from "vitest";
import type { Agent } from "../agents/agent.ts";
import { knownAgents, type Agents } from "../agents/agents.ts";
import { functionAgent } from "../agents/function/function-agent.ts";
import { startServer } from "./start-server.ts";
import { withFunctions } from "./with-functions.ts";

const agent = (id: string): Agent => functionAgent({ id, name: id, async *run() {} });

test("functions are offered first, take the place of agents with their ids, and follow what changes beside them", () => {
  let all = knownAgents();
  const others: Agents = {
    get all() {
      return all;
    },
    notices: ["something"],
  };
  const agents = withFunctions(others, [agent("mine"), agent("codex")]);
  expect(agents.all.slice(0, 2).map(({ id, inProcess }) => [id, inProcess !== undefined])).toEqual([
    ["mine", true],
    ["codex", true],
  ]);
  expect(agents.all.filter(({ id }) => id === "codex")).toHaveLength(1);
  expect(agents.all).toBe(agents.all);
  expect(agents.notices).toEqual(["something"]);
  all = [];
  expect(agents.all.map(({ id }) => id)).toEqual(["mine", "codex"]);
});

test("two agents with one id are refused before anything is started", async () => {
  await expect(startServer({ home: "/nonexistent/never", agents: [agent("mine"), agent("mine")] })).rejects.toMatchObject({
    code: "bad-request",
    message: 'Two agents have the id "mine".',
  });
});
