/** The thread of the screen engines, which dies at once when anything is posted to `perdure-engines-die` in the process. */
// oxlint-disable-next-line import/no-unassigned-import -- an entry, it has no exports
import "../terminal/engine-worker.ts";

const channel = new BroadcastChannel("perdure-engines-die");
channel.addEventListener("message", () => process.exit(1));
channel.unref();
