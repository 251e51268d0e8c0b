// The example of the guide to the client library, as it stands there.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { homeForThisFile } from "./harness/set-up.ts";
import type { PerdureHome } from "./harness/perdure-home.ts";

let home: PerdureHome;

homeForThisFile(async (made) => {
  home = made;
  await home.start();
});

test("the example of docs/CLIENT.md works as it stands", () => {
  const guide = readFileSync(join(import.meta.dirname, "../docs/CLIENT.md"), "utf8");
  const [, example = ""] = /```js\n([^]*?)```/.exec(guide) ?? [];
  const file = home.write("follow.mjs", example);
  home.linkModules();
  const env = { ...home.variables, PERDURE_URL: home.url, PERDURE_TOKEN: home.token };
  const ran = spawnSync(process.execPath, ["--conditions=@perdure/source", file], { env, encoding: "utf8", timeout: 30_000 });
  expect(ran).toMatchObject({ stdout: "perdure\r\nhello perdure\r\n", status: 0 });
});
