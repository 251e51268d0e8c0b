/**
 * A connection to the server together with what keeps a server there: for commands that stay.
 */
import type { Client } from "@perdure/client";
import type { Cli } from "./cli.ts";
import { askedPort, type ServerFlags } from "./server-flags.ts";
import { ServerKeeper } from "./server-keeper.ts";
import { connectClient, type Server } from "./server.ts";

export interface KeptClient {
  readonly client: Client;
  readonly keeper: ServerKeeper;
  /** Aborted with the command. */
  readonly signal: AbortSignal;
}

/** Connects for as long as `use` takes. */
export async function withClient(cli: Cli, server: Server, flags: ServerFlags, use: (kept: KeptClient) => Promise<void>): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([cli.signal, over.signal]);
  const request = { home: server.home, flags, port: askedPort(flags, cli.env), env: cli.env, signal, note: () => undefined };
  const keeper = new ServerKeeper(request, server.url, cli.clock);
  const client = connectClient(server.home, () => keeper.url);
  keeper.keepFor(client);
  try {
    await use({ client, keeper, signal });
  } finally {
    over.abort(new Error("The command is over."));
    keeper.close();
    client.close();
  }
}
