/**
 * HTTP requests wait for the app to be loaded: with the web's Request and Response, which Node brings up when they are first named, it takes
 * about 50 ms. Who comes back to a server that has just been started comes by a socket, and need not wait for that. So the app is loaded a
 * moment after the start, or with the first request.
 */
import type { RequestListener } from "node:http";
import type { AppOptions } from "./app.ts";

/** Who was there before has its screens by then. */
const LOAD_AFTER_MS = 500;

/** `failed` is told if the app cannot be loaded: its files are gone or damaged, and only another server can help. */
export function lateListener(options: AppOptions, failed: (error: unknown) => void): RequestListener {
  let loading: Promise<RequestListener> | null = null;
  const load = (): Promise<RequestListener> => (loading ??= loadApp(options));
  const answer = async (...asked: Parameters<RequestListener>): Promise<void> => (await load())(...asked);
  options.clock.after(LOAD_AFTER_MS, () => void load().catch(failed));
  return (request, response) => void answer(request, response).catch(failed);
}

async function loadApp(options: AppOptions): Promise<RequestListener> {
  const { appListener } = await import("./app-listener.ts");
  return appListener(options);
}
