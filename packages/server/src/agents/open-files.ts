/** What the processes of a terminal have open, where the system tells it (Linux); elsewhere nothing is said. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { processTable } from "../platform/processes.ts";

export interface OpenFile {
  readonly file: string;
  readonly descriptor: string;
}

/** The processes of the terminal that this one leads. */
export function processesOf(pid: number): readonly number[] {
  try {
    const members = processTable().filter(({ session, isZombie }) => session === pid && !isZombie);
    return members.map((member) => member.pid);
  } catch {
    return [];
  }
}

export async function openFiles(pid: number): Promise<readonly OpenFile[]> {
  const directory = `/proc/${pid}/fd`;
  try {
    const links = (await fs.readdir(directory)).map(async (descriptor): Promise<OpenFile> => {
      return { descriptor, file: await fs.readlink(path.join(directory, descriptor)).catch(() => "") };
    });
    return await Promise.all(links);
  } catch {
    return [];
  }
}

/** Where a descriptor stands in its file: of one that appends, behind what was written last with it. 0: nowhere, or not told. */
export async function placeOf(pid: number, { descriptor }: OpenFile): Promise<number> {
  const text = await fs.readFile(`/proc/${pid}/fdinfo/${descriptor}`, "utf8").catch(() => "");
  return Number(/^pos:\s*(\d+)$/m.exec(text)?.[1] ?? 0);
}
