/** A store as a value: drawn again when what is read from it changes. */
import { useCallback, useSyncExternalStore } from "react";

export interface Subscribable {
  subscribe(listener: () => void): () => void;
}

/** Without a store the value is read once. */
export function useStore<T>(store: Subscribable | undefined, read: () => T): T {
  const subscribe = useCallback((listener: () => void) => store?.subscribe(listener) ?? nothing, [store]);
  return useSyncExternalStore(subscribe, read);
}

function nothing(): void {
  // There is nothing to unsubscribe from.
}
