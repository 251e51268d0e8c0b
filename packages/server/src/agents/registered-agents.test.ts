import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { knownAgents } from "./agents.ts";
import { agentsFile, readRegistered, register, RegisteredAgents } from "./registered-agents.ts";

let directory: string;
let file: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-agents-"));
  file = agentsFile(directory);
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const write = (content: unknown): void => fs.writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));

describe("agents.json", () => {
  it("is not needed", () => {
    expect(readRegistered(file)).toEqual({ commands: [], problems: [] });
  });

  it("names commands that are agents from then on, without a new start", () => {
    const told: string[] = [];
    const agents = new RegisteredAgents(file, (text) => told.push(text));
    expect(agents.all.map(({ id }) => id)).toEqual(knownAgents().map(({ id }) => id));
    write({ agents: { goose: { name: "Goose", command: ["goose", "acp"], env: { A: "b" } } } });
    const goose = agents.all.find(({ id }) => id === "goose");
    expect(goose).toMatchObject({ name: "Goose", program: "goose" });
    const request = { cwd: "/", env: {}, program: "/bin/goose", resumeId: null, newId: "n", model: null, mode: null, flags: [] };
    expect(goose?.chat(request)).toEqual({ command: ["/bin/goose", "acp"], env: { A: "b" }, pinned: null });
    fs.rmSync(file);
    expect(agents.all.some(({ id }) => id === "goose")).toBe(false);
    expect(told).toEqual([]);
  });

  it("is read once for each change, and each problem is told once", () => {
    const told: string[] = [];
    const agents = new RegisteredAgents(file, (text) => told.push(text));
    write("{");
    expect(agents.all).toHaveLength(knownAgents().length);
    expect(agents.all).toBe(agents.all);
    expect(agents.notices).toEqual(told);
    expect(told).toHaveLength(1);
  });

  it.each([
    ["no JSON", "{", "expected JSON"],
    ["another shape", [], 'expected an object {"agents": {…}}'],
    ["no agents", {}, "agents: expected an object: agents by their ids"],
    ["an unknown field", { agents: {}, agnets: {} }, 'there is no field "agnets"'],
  ])("of which nothing can be used is said: %s", (_, content, expectation) => {
    write(content);
    const { commands, problems } = readRegistered(file);
    expect(commands).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${file}: ${expectation}`);
  });

  it.each([
    ["no object", 7, 'agents.bad: expected an object such as {"command": ["goose", "acp"]}'],
    ["no command", {}, "agents.bad.command: expected a list: the program and its arguments"],
    ["an empty command", { command: [] }, "agents.bad.command: expected the program, and its arguments"],
    ["a number in the command", { command: ["x", 1] }, "agents.bad.command.1: expected a text"],
    ["a variable that is no text", { command: ["x"], env: { A: 1 } }, "agents.bad.env.A: expected a text"],
    ["an unknown field", { command: ["x"], args: [] }, 'agents.bad: there is no field "args"'],
  ])("with one agent that cannot be used has the others: %s", (_, bad, expectation) => {
    write({ agents: { bad, good: { command: ["good"] } } });
    const { commands, problems } = readRegistered(file);
    expect(commands.map(({ id }) => id)).toEqual(["good"]);
    expect(problems).toEqual([`${file}: ${expectation}. This agent is left out.`]);
  });

  it("refuses an id that no address could hold", () => {
    write({ agents: { "a b": { command: ["x"] } } });
    expect(readRegistered(file).problems[0]).toContain("agents.a b: expected an id");
  });
});

describe("registering", () => {
  it("adds, replaces and removes, and leaves the others as they are", () => {
    write({ agents: { other: { command: ["other"] } } });
    register(file, "goose", { command: ["goose", "acp"] });
    register(file, "goose", { name: "Goose", command: ["goose", "acp", "-v"] });
    expect(readRegistered(file).commands).toEqual([
      { id: "other", name: "other", command: ["other"] },
      { id: "goose", name: "Goose", command: ["goose", "acp", "-v"] },
    ]);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    register(file, "goose", null);
    expect(readRegistered(file).commands.map(({ id }) => id)).toEqual(["other"]);
  });

  it("changes no file that cannot be read, and takes nothing that cannot be used", () => {
    expect(() => register(file, "Big", { command: ["x"] })).toThrow("expected an id");
    expect(() => register(file, "x", { command: [] })).toThrow("command: expected the program");
    expect(() => register(file, "gone", null)).toThrow('No agent "gone" is registered');
    write("{ nearly");
    expect(() => register(file, "goose", { command: ["goose"] })).toThrow("Nothing was changed");
    expect(fs.readFileSync(file, "utf8")).toBe("{ nearly");
  });
});
