/** perdure as a library for Node: a server in the embedder's own process, with functions of the embedder as agents (docs/FUNCTIONS.md). */
export { functionAgent } from "../agents/function/function-agent.ts";
export type {
  AgentFunction,
  FunctionAgentOptions,
  FunctionAnswer,
  FunctionMessage,
  FunctionPart,
  FunctionQuestion,
  FunctionRequest,
} from "../agents/function/function-parts.ts";
export { startServer, type PastScreen, type RunningServer, type ServerEnd, type StartServerOptions } from "./start-server.ts";
export { asTwoStates, PerdureError, type Conversation, type ErrorCode, type TwoStates } from "@perdure/protocol";
