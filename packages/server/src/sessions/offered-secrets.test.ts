import { expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { OFFER_MS, OfferedSecrets } from "./offered-secrets.ts";

const stored = { values: { PATH: "/bin" }, secretNames: ["A_KEY", "B_TOKEN"], umask: null };

it("takes what the session had, for its next run alone", () => {
  const secrets = new OfferedSecrets(new FakeClock());
  expect(secrets.offer("s", stored, { A_KEY: "a", OTHER_KEY: "o", PATH: "/else" })).toEqual(["A_KEY"]);
  expect(secrets.of("s")).toEqual({ A_KEY: "a" });
  expect(secrets.of("other")).toEqual({});
  secrets.used("s");
  expect(secrets.of("s")).toEqual({});
});

it("forgets what is not used in time; what comes later counts", () => {
  const clock = new FakeClock();
  const secrets = new OfferedSecrets(clock);
  secrets.offer("s", stored, { A_KEY: "old" });
  clock.advance(OFFER_MS - 1);
  secrets.offer("s", stored, { A_KEY: "new" });
  clock.advance(1);
  expect(secrets.of("s")).toEqual({ A_KEY: "new" });
  clock.advance(OFFER_MS);
  expect(secrets.of("s")).toEqual({});
});
