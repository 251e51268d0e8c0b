/**
 * Sends input to a session's program once: numbered, kept until the program's host has it, sent again after a reconnect.
 */
import { isAlive, type SessionInfo } from "@perdure/protocol";
import type { Cli } from "./cli.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { explainUndelivered, REFUSALS } from "./input-refusals.ts";
import { connectClient, type Server } from "./server.ts";
import { describeState } from "./session-table.ts";
import { plainText } from "./table.ts";

const TAKEN_MS = 30_000;

/** Resolves when all of it is with the program's host. Rejects, saying why, if it will not get there. */
export async function sendInput(cli: Cli, server: Server, session: SessionInfo, data: Uint8Array): Promise<void> {
  const client = connectClient(server.home, () => server.url);
  const limit = AbortSignal.any([cli.signal, AbortSignal.timeout(TAKEN_MS)]);
  const name = plainText(session.name);
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (exitCode: number, message: string) => reject(new CommandFailure(exitCode, message));
      cli.signal.addEventListener("abort", () => {
        for (const line of explainUndelivered(name, [{ bytes: data.length, because: "unconfirmed" }])) cli.note(line);
      });
      limit.addEventListener("abort", () =>
        fail(EXIT.failed, `The server has not taken the input within ${TAKEN_MS / 1000} s; it may still arrive.`),
      );
      const attachment = client.attach({
        session: session.id,
        mode: "log",
        cursor: session.cursor,
        visible: false,
        viewer: {
          attached: (_, { run }) => {
            if (!isAlive(run.state))
              fail(EXIT.refused, `"${name}" has no living program (${describeState(run.state)}). \`perdure start\` runs it again.`);
            else if (attachment.pendingBytes === 0 && !attachment.send(data)) fail(EXIT.refused, `"${name}" takes no input now.`);
          },
          snapshot: (_, done) => done(),
          output: (_data, _offset, done) => done(),
          resized: () => undefined,
          session: () => undefined,
          refused: (_, reason) => fail(EXIT.refused, `"${name}" did not take the input: ${REFUSALS[reason]}.`),
          gone: () => fail(EXIT.unknown, `The session "${name}" was deleted.`),
        },
      });
      attachment.onPending(() => attachment.pendingBytes === 0 && resolve());
    });
  } finally {
    client.close();
  }
}
