/**
 * What codex may do without asking. It knows two settings, when it asks and what its sandbox lets through; a mode is a pair of both
 * under one name. What the user's own configuration says stays as it is until a mode is chosen.
 */
import type { Choice } from "@perdure/protocol";

interface Mode extends Choice {
  readonly approvalPolicy: string;
  /** As a thread is opened with it. */
  readonly sandbox: string;
  /** As a turn is begun with it. */
  readonly sandboxPolicy: { readonly type: string };
}

/** What codex has where it is none of ours. It can be seen and left, not chosen. */
const CUSTOM: Choice = { id: "custom", label: "As configured", description: "What Codex's own configuration says." };

const WORKSPACE = { type: "workspaceWrite", writableRoots: [], networkAccess: false, excludeTmpdirEnvVar: false, excludeSlashTmp: false };

const MODES: readonly Mode[] = [
  {
    id: "read-only",
    label: "Read only",
    description: "Reads files; asks before it changes anything.",
    approvalPolicy: "on-request",
    sandbox: "read-only",
    sandboxPolicy: { type: "readOnly", networkAccess: false } as { readonly type: string },
  },
  {
    id: "ask",
    label: "Ask",
    description: "Asks before each command that is not known to be harmless.",
    approvalPolicy: "untrusted",
    sandbox: "workspace-write",
    sandboxPolicy: WORKSPACE,
  },
  {
    id: "auto",
    label: "Auto",
    description: "Works in its directory; asks for anything beyond it.",
    approvalPolicy: "on-request",
    sandbox: "workspace-write",
    sandboxPolicy: WORKSPACE,
  },
  {
    id: "full-access",
    label: "Full access",
    description: "Does everything without asking and without a sandbox.",
    approvalPolicy: "never",
    sandbox: "danger-full-access",
    sandboxPolicy: { type: "dangerFullAccess" },
  },
];

export function isMode(id: string): boolean {
  return MODES.some((mode) => mode.id === id);
}

/** The mode that codex says it is in. */
export function modeOf(approvalPolicy: unknown, sandbox: string | undefined): string {
  return MODES.find((mode) => mode.approvalPolicy === approvalPolicy && mode.sandboxPolicy.type === sandbox)?.id ?? CUSTOM.id;
}

export function modeChoices(current: string): readonly Choice[] {
  const choices = MODES.map(({ id, label, description }) => ({ id, label, ...(description === undefined ? {} : { description }) }));
  return current === CUSTOM.id ? [CUSTOM, ...choices] : choices;
}

/** For `thread/start` and `thread/resume`. */
export function threadMode(id: string | null): object {
  const mode = MODES.find((one) => one.id === id);
  return mode ? { approvalPolicy: mode.approvalPolicy, sandbox: mode.sandbox } : {};
}

/** For `turn/start`. */
export function turnMode(id: string | null): object {
  const mode = MODES.find((one) => one.id === id);
  return mode ? { approvalPolicy: mode.approvalPolicy, sandboxPolicy: mode.sandboxPolicy } : {};
}
