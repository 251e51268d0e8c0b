/**
 * Gives memory back to the system that this process holds and no longer uses. Neither happens soon by itself: the collector waits
 * for allocations, and the C library keeps what was freed between pieces that are still in use, tens of megabytes for each thread
 * that was busy. Both cost milliseconds, so they belong into a moment in which nobody waits.
 */
import * as v8 from "node:v8";
import * as vm from "node:vm";

type Collect = (how: { readonly type: "major"; readonly execution: "sync"; readonly flavor: "last-resort" }) => void;

let collect: Collect | undefined;

/** Collects the garbage of the calling thread, and its memory that is spare. Takes 10 to 30 ms. */
export function collectGarbage(): void {
  collect ??= exposedCollector();
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
}

/** Only the context that is made here sees it. */
function exposedCollector(): Collect {
  v8.setFlagsFromString("--expose-gc");
  const exposed = vm.runInNewContext("gc") as Collect;
  v8.setFlagsFromString("--no-expose-gc");
  return exposed;
}

/**
 * Has the C library return the free pages of all threads: `malloc_trim`, of glibc alone; others return them by themselves. Node
 * offers no call to it, but SQLite calls the entry function of a library that it loads. It sees a large number as its argument
 * (what to keep at the end of the heap) and answers whether it found anything, which SQLite takes for a refusal to be loaded.
 */
export function returnFreePages(): void {
  if (process.platform !== "linux") return;
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(":memory:", { allowExtension: true });
  try {
    database.loadExtension("libc.so.6", "malloc_trim");
  } catch {
    // It has returned something, or there is no glibc. Both are as they should be.
  } finally {
    database.close();
  }
}
