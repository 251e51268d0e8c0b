/**
 * The environment of a run: the requester's, without what belongs to the requester's own terminal, with what belongs to the
 * session's. Nothing of the server's own environment gets in. For a later run only names and non-secret values are stored.
 */
import type { StoredEnvironment } from "./details.ts";

/** Variables that describe the terminal or multiplexer of whoever asked, not the session's. */
const FOREIGN = new Set([
  "TMUX",
  "TMUX_PANE",
  "STY",
  "WINDOW",
  "WINDOWID",
  "LINES",
  "COLUMNS",
  "TERMCAP",
  "TERM_PROGRAM",
  "TERM_PROGRAM_VERSION",
  "TERM_SESSION_ID",
  "VTE_VERSION",
  "WT_SESSION",
  "WT_PROFILE_ID",
  "KITTY_WINDOW_ID",
  "KITTY_PID",
  "KITTY_LISTEN_ON",
  "ALACRITTY_WINDOW_ID",
  "ALACRITTY_SOCKET",
  "ALACRITTY_LOG",
  "ITERM_SESSION_ID",
  "ITERM_PROFILE",
  "WEZTERM_PANE",
  "WEZTERM_UNIX_SOCKET",
  "KONSOLE_VERSION",
  "GHOSTTY_RESOURCES_DIR",
  "ZELLIJ",
  "ZELLIJ_SESSION_NAME",
  "ZELLIJ_PANE_ID",
  "SHLVL",
  "_",
  "OLDPWD",
  "PWD",
]);
const SECRET_NAME = /TOKEN|SECRET|PASSW|PASSPHRASE|KEY|CREDENTIAL|AUTH|COOKIE|PRIVATE|DSN/i;
const SECRET_VALUE = /:\/\/[^/\s:@]+:[^/\s@]+@/;

export type Variables = Readonly<Record<string, string>>;

/** The complete environment of a run. */
export function runEnvironment(
  requester: Variables,
  session: { readonly id: string; readonly home: string; readonly cwd: string; readonly sshAgentLink: string | null },
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(requester)) {
    if (!FOREIGN.has(name) && !name.startsWith("PERDURE_")) env[name] = value;
  }
  env["TERM"] = "xterm-256color";
  env["COLORTERM"] = "truecolor";
  env["PWD"] = session.cwd;
  env["PERDURE_SESSION"] = session.id;
  env["PERDURE_HOME"] = session.home;
  if (session.sshAgentLink !== null) env["SSH_AUTH_SOCK"] = session.sshAgentLink;
  return env;
}

/** What of an environment may be stored for a later run. */
export function storedEnvironment(requester: Variables, umask: number | undefined): StoredEnvironment {
  const values: Record<string, string> = {};
  const secretNames: string[] = [];
  for (const [name, value] of Object.entries(requester)) {
    if (FOREIGN.has(name) || name.startsWith("PERDURE_")) continue;
    if (SECRET_NAME.test(name) || SECRET_VALUE.test(value)) secretNames.push(name);
    else values[name] = value;
  }
  return { values, secretNames: secretNames.toSorted(), umask: umask ?? null };
}

/** The environment of a later run: what was stored, and the rest as the login shell has it now. `missing`: names it does not have. */
export function laterEnvironment(
  stored: StoredEnvironment,
  login: Variables,
): { readonly variables: Variables; readonly renewed: readonly string[]; readonly missing: readonly string[] } {
  const variables: Record<string, string> = { ...stored.values };
  const renewed: string[] = [];
  const missing: string[] = [];
  for (const name of stored.secretNames) {
    const value = login[name];
    if (value === undefined) missing.push(name);
    else {
      variables[name] = value;
      if (name !== "SSH_AUTH_SOCK") renewed.push(name);
    }
  }
  return { variables, renewed, missing: missing.filter((name) => name !== "SSH_AUTH_SOCK") };
}

/** Variables that tell an agent where its conversations lie. */
const AGENT_PLACES =
  /^(HOME|XDG_[A-Z]+_HOME|CLAUDE_CONFIG_DIR|CODEX_HOME|GEMINI_[A-Z_]*(HOME|DIR)|OPENCODE_[A-Z_]*(HOME|DIR|CONFIG)|PERDURE_DEMO_DIR)$/;

/** The requester's variables, but for those that would make a session's agent look for its conversation elsewhere. */
export function inPlaceOfAgent(variables: Variables, stored: StoredEnvironment): Variables {
  const own = Object.entries(variables).filter(([name]) => !AGENT_PLACES.test(name));
  const kept = Object.entries(stored.values).filter(([name]) => AGENT_PLACES.test(name));
  return Object.fromEntries([...own, ...kept]);
}
