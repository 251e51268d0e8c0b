import { describe, expect, test } from "vitest";
import { connectionWords, isFailing, reconnectedWords } from "./connection-words.ts";

const words = (state: Parameters<typeof connectionWords>[0]): string => connectionWords(state, 1000).words;

describe("the connection in words", () => {
  test("each state has its own", () => {
    expect(words({ is: "connected", since: 0 })).toBe("Live");
    expect(words({ is: "connecting", attempt: 0 })).toBe("Connecting…");
    expect(words({ is: "waiting", until: 4600, attempt: 2 })).toBe("Reconnecting in 4 s");
    expect(words({ is: "offline", attempt: 1 })).toBe("Offline");
    expect(words({ is: "closed", reason: "unauthorized" })).toBe("Signed out");
  });

  test("a countdown never shows zero or less", () => {
    expect(connectionWords({ is: "waiting", until: 900, attempt: 2 }, 1000).words).toBe("Reconnecting…");
  });

  test("after ten failures more is said, and not before", () => {
    expect(isFailing({ is: "waiting", until: 0, attempt: 9 })).toBe(false);
    expect(isFailing({ is: "waiting", until: 0, attempt: 10 })).toBe(true);
    expect(isFailing({ is: "connecting", attempt: 12 })).toBe(true);
    expect(isFailing({ is: "connected", since: 0 })).toBe(false);
  });
});

describe("the line after coming back", () => {
  test("a short absence without a change is not worth one", () => {
    expect(reconnectedWords("tail", 4 * 60_000, false)).toBeUndefined();
  });

  test("a long absence is", () => {
    expect(reconnectedWords("tail", 2 * 3_600_000, false)).toBe("Reconnected (away 2 h)");
  });

  test("so is a change, however short the absence", () => {
    expect(reconnectedWords("tail", 3000, true)).toBe("Reconnected (away 3 s) · a new run has begun");
    expect(reconnectedWords("beyond-tail", 3000, false)).toBe("Reconnected (away 3 s) · the server lost the last moment of output");
  });

  test("the first time is no return", () => {
    expect(reconnectedWords("first", 0, false)).toBeUndefined();
  });
});
