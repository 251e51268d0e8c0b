/** A value that has lasted: what is gone again before the time is up was not worth showing. */
import { useEffect, useState } from "react";

/** `undefined` until a value has been there for so long; changes between values show at once. */
export function useSlow<T>(value: T | undefined, afterMs: number): T | undefined {
  const [isShown, setShown] = useState(false);
  const isThere = value !== undefined;
  useEffect(() => {
    if (!isThere) return undefined;
    const timer = setTimeout(() => setShown(true), afterMs);
    return () => {
      clearTimeout(timer);
      setShown(false);
    };
  }, [isThere, afterMs]);
  return isShown ? value : undefined;
}
