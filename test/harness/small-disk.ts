// A home on a disk that is soon full: a small file system of its own, mounted in its directory.

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { PerdureHome } from "./perdure-home.ts";

export class SmallDisk {
  readonly home = new PerdureHome("disk/home");
  /** Not every user may mount one. */
  readonly isMounted: boolean;

  constructor() {
    mkdirSync(this.home.path("disk"));
    this.isMounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", this.home.path("disk")]).status === 0;
  }

  async close(): Promise<void> {
    await this.home.close(() => {
      if (this.isMounted) spawnSync("umount", ["-l", this.home.path("disk")]);
    });
  }
}
