/**
 * Remembers the conversations that were listed last, so that a number means the line that was read, whatever has changed since.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import * as z from "zod/mini";

const File = z.array(z.object({ agent: z.string(), resumeId: z.string() }));

/** Which conversation of which agent. */
export type ListedConversation = z.infer<typeof File>[number];

export class ListedConversations {
  readonly #file: string;

  constructor(homeDirectory: string) {
    this.#file = path.join(homeDirectory, "listed-conversations.json");
  }

  /** In the order of the list; empty if nothing was listed. */
  read(): readonly ListedConversation[] {
    try {
      return File.parse(JSON.parse(fs.readFileSync(this.#file, "utf8")));
    } catch {
      return []; // absent or damaged: the list is made again
    }
  }

  remember(list: readonly ListedConversation[]): void {
    const temporary = `${this.#file}.${process.pid}`;
    try {
      fs.writeFileSync(temporary, JSON.stringify(list.map(({ agent, resumeId }) => ({ agent, resumeId }))), { mode: 0o600 });
      fs.renameSync(temporary, this.#file);
    } catch {
      fs.rmSync(temporary, { force: true }); // a full disk must not keep anybody from reading a list
    }
  }
}
