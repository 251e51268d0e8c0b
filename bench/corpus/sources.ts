// The source files of this repository, as material.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/sources.ts";

export interface SourceFile {
  readonly path: string;
  readonly lines: readonly string[];
}

const places = ["packages", "apps", "scripts", "test", "bench"];
let kept: readonly SourceFile[] | undefined;

/** All of them, in the order of their paths. */
export function sourceLines(): readonly SourceFile[] {
  kept ??= places
    .flatMap((place) => readdirSync(join(root, place), { recursive: true, encoding: "utf8" }).map((name) => join(place, name)))
    .filter((path) => /\.tsx?$/.test(path) && !/node_modules|\/dist\/|\/build\//.test(path))
    .toSorted()
    .map((path) => ({ path, lines: readFileSync(join(root, path), "utf8").split("\n") }));
  return kept;
}
