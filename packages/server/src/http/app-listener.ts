/** The app as a listener of Node's server: what is loaded for HTTP requests alone (`late-listener.ts`). */
import type { RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { makeApp, type AppOptions } from "./app.ts";

export function appListener(options: AppOptions): RequestListener {
  const app = makeApp(options);
  const answer = getRequestListener((request) => app.fetch(request), { overrideGlobalObjects: false });
  return (request, response) => void answer(request, response);
}
