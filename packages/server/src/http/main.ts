/**
 * The entry of the server process: begins what takes longest before anything else is loaded. The store's thread comes up while this one
 * loads the server, whose compiled code is kept for the next start. Arguments and exit codes: `server-process.ts`.
 */
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CompileCache } from "../platform/compile-cache.ts";
import { homeDirectory } from "../platform/home.ts";
import { StoreThread } from "../store/store-thread.ts";

const isSource = path.extname(fileURLToPath(import.meta.url)) === ".ts";
const defaultUmask = process.umask(0o077);
const storeThread = new StoreThread(new URL(isSource ? "../store/store-worker.ts" : "./store-worker.js", import.meta.url));
// What is wrong with the arguments is said when all of them are read.
const { home } = parseArgs({ options: { home: { type: "string" } }, strict: false }).values;
const compiled = isSource ? null : new CompileCache(homeDirectory(typeof home === "string" ? home : undefined, process.env));
const { main } = await import("./server-process.ts");
await main({ defaultUmask, storeThread, compiled });
