import { expect, test } from "vitest";
import { didYouMean, nearest } from "./did-you-mean.ts";

const verbs = ["attach", "ls", "rename", "end", "rm", "logs", "export", "send", "screen", "status", "start", "shutdown"];

test.each([
  ["atach", "attach"],
  ["attahc", "attach"],
  ["renmae", "rename"],
  ["statsu", "status"],
  ["SCREEN", "screen"],
])("%s means %s", (typed, meant) => {
  expect(nearest(typed, verbs)[0]).toBe(meant);
});

test("nothing is suggested for a word that is far from all", () => {
  expect(nearest("kubernetes", verbs)).toEqual([]);
  expect(didYouMean("kubernetes", verbs)).toBe("");
  expect(nearest("", verbs)).toEqual([]);
  expect(nearest("x".repeat(10_000), verbs)).toEqual([]);
});

test("the sentence names the nearest first and at most three", () => {
  expect(didYouMean("logz", verbs)).toBe(" Did you mean logs?");
  expect(didYouMean("stat", ["start", "status", "stats", "state", "attach"])).toBe(" Did you mean start, stats or state?");
});

test("a word that several have is said once", () => {
  expect(nearest("worl", ["work", "work"])).toEqual(["work"]);
});
