import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

// Workspace packages resolve to their sources, so that no test needs a build of them. Vitest hands the conditions
// of `ssr` to the processes of the tests, too, from which worker threads inherit them.
const resolve = { conditions: ["@perdure/source", ...defaultClientConditions] };
const ssr = { resolve: { conditions: ["@perdure/source", ...defaultServerConditions] } };

/** Tests beside their source that live on real processes, terminals, databases and disks: seconds each, not milliseconds. */
const real = [
  "packages/server/src/host/**/*.test.ts",
  "packages/server/src/store/**/*.test.ts",
  "packages/server/src/http/server.test.ts",
  "packages/server/src/http/chat.test.ts",
  "packages/server/src/http/registered-agents.test.ts",
  "packages/server/src/sessions/sessions.test.ts",
  "packages/server/src/sessions/history/history.test.ts",
  "packages/server/src/library/past-screens.test.ts",
  "packages/server/src/sessions/in-process-{runs,server-end}.test.ts",
  "packages/server/src/sessions/other-server.test.ts",
  "packages/server/src/sessions/engine-death.test.ts",
  "packages/server/src/sessions/missing-variables.test.ts",
  "packages/server/src/sessions/opened-elsewhere.test.ts",
  "packages/server/src/cli/start-server.test.ts",
  "packages/server/src/http/long-conversation.test.ts",
  "packages/server/src/terminal/exact-screen.test.ts",
  "packages/server/src/terminal/engines.test.ts",
  "packages/server/src/agents/demo/demo-agent.test.ts",
  "packages/server/src/agents/function/function-run.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "apps/web/src/**/*.test.{ts,tsx}"],
          exclude: real,
          pool: "forks",
          maxWorkers: "100%",
          testTimeout: 20_000,
        },
      },
      {
        resolve,
        ssr,
        test: { name: "real", include: real, pool: "forks", testTimeout: 60_000, hookTimeout: 60_000 },
      },
      {
        resolve,
        ssr,
        test: {
          name: "e2e",
          include: ["test/**/*.test.ts"],
          pool: "forks",
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
