// State directories with a built server, one for each measurement. They are closed when the measurement ends, however it ends.

import { PerdureHome } from "../test/harness/perdure-home.ts";

const open = new Set<PerdureHome>();

/** Gives a home with a running server, and ends everything in it afterwards. */
export async function withHome<T>(use: (home: PerdureHome) => Promise<T>, env: Readonly<Record<string, string>> = {}): Promise<T> {
  const home = new PerdureHome();
  open.add(home);
  try {
    await home.start({ env });
    return await use(home);
  } finally {
    open.delete(home);
    await home.close();
  }
}

/** Ends what is still open: the run was interrupted. */
export async function closeHomes(): Promise<void> {
  await Promise.allSettled([...open].map((home) => home.close()));
}
