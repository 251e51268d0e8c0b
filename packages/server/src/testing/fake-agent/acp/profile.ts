/** How the agents behind ACP differ: what they say they can do, what they offer as answers, and how they say that a session is gone. */

export interface AcpProfile {
  readonly name: string;
  readonly version: string;
  readonly capabilities: object;
  readonly canResume: boolean;
  readonly canList: boolean;
  /** Replayed and told messages carry an id. */
  readonly givesMessageIds: boolean;
  readonly options: readonly { readonly optionId: string; readonly name: string; readonly kind: string }[];
  /** Its thoughts are a message of their own. */
  readonly thinksApart: boolean;
  /** A tool call is announced before it is asked about. */
  readonly announcesTools: boolean;
  /** The turn ends when a call was rejected. */
  readonly endsAtRejection: boolean;
  /** A load in the minute of the session's beginning wipes it. */
  readonly wipesInTheSameMinute: boolean;
  /** It keeps its sessions in a database that others read. */
  readonly hasDatabase: boolean;
  notFound(session: string): { readonly code: number; readonly message: string; readonly data?: object };
}

const prompts = { promptCapabilities: { image: true, embeddedContext: true }, mcpCapabilities: { http: true, sse: true } };
const sessions = { close: {}, fork: {}, list: {}, resume: {} };

const gemini: AcpProfile = {
  name: "gemini-cli",
  version: "0.61.0",
  capabilities: { loadSession: true, ...prompts },
  canResume: false,
  canList: false,
  givesMessageIds: false,
  thinksApart: false,
  options: [
    { optionId: "proceed_always", name: "Allow for this session", kind: "allow_always" },
    { optionId: "proceed_once", name: "Allow", kind: "allow_once" },
    { optionId: "cancel", name: "Reject", kind: "reject_once" },
  ],
  announcesTools: false,
  endsAtRejection: false,
  wipesInTheSameMinute: true,
  hasDatabase: false,
  notFound: (session) => ({
    code: -32_603,
    message: "Internal error",
    data: {
      details: `Invalid session identifier "${session}".\n  Use --list-sessions to see available sessions, then use --resume {number}, --resume {uuid}, or --resume latest.`,
    },
  }),
};

const opencode: AcpProfile = {
  name: "OpenCode",
  version: "1.18.33",
  capabilities: { loadSession: true, ...prompts, sessionCapabilities: sessions },
  canResume: true,
  canList: true,
  givesMessageIds: true,
  thinksApart: true,
  options: [
    { optionId: "once", name: "Allow once", kind: "allow_once" },
    { optionId: "always", name: "Always allow", kind: "allow_always" },
    { optionId: "reject", name: "Reject", kind: "reject_once" },
  ],
  announcesTools: true,
  endsAtRejection: true,
  wipesInTheSameMinute: false,
  hasDatabase: true,
  notFound: () => ({ code: -32_603, message: "Internal error: OpenCode service failure", data: { service: "session" } }),
};

const claudeAcp: AcpProfile = {
  ...opencode,
  name: "@agentclientprotocol/claude-agent-acp",
  version: "0.100.0",
  options: [
    { optionId: "allow-once", name: "Yes", kind: "allow_once" },
    { optionId: "reject", name: "No", kind: "reject_once" },
  ],
  thinksApart: false,
  endsAtRejection: false,
  hasDatabase: false,
  notFound: (sessionId) => ({ code: -32_002, message: "Resource not found", data: { sessionId } }),
};

export const profiles: Readonly<Record<string, AcpProfile>> = { gemini, opencode, "claude-acp": claudeAcp };
