/** What the agents are called that perdure knows; any other by its id. */
const NAMES: Readonly<Record<string, string>> = {
  claude: "Claude Code",
  codex: "Codex",
  gemini: "Gemini CLI",
  opencode: "opencode",
  "claude-agent-acp": "Claude (ACP)",
  demo: "Demo agent",
};

export function agentName(id: string): string {
  return NAMES[id] ?? id;
}
