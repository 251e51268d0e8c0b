import { MAX_ERROR_TEXT } from "@perdure/protocol";
import { describe, expect, it, test } from "vitest";
import { errorText } from "./error-text.ts";

describe("the text of an error", () => {
  it("is never empty", () => {
    expect(errorText("")).toBe("(Response failed — no error detail available.)");
    expect(errorText(" \n ")).toBe("(Response failed — no error detail available.)");
  });

  it("is cut, and says so", () => {
    expect(errorText("x".repeat(MAX_ERROR_TEXT))).toHaveLength(MAX_ERROR_TEXT);
    const cut = errorText("x".repeat(MAX_ERROR_TEXT + 1));
    expect(cut).toHaveLength(MAX_ERROR_TEXT);
    expect(cut.endsWith("x... (truncated)")).toBe(true);
  });

  it("is not cut within a character", () => {
    const cut = errorText(`${"x".repeat(MAX_ERROR_TEXT - 16)}${"😀".repeat(20)}`);
    expect(cut.isWellFormed()).toBe(true);
    expect(cut.length).toBeLessThanOrEqual(MAX_ERROR_TEXT);
  });

  it("stays as it is when there is no secret in it", () => {
    const texts = [
      "No conversation found with session ID: 81407d78-aaaa-4bbb-8ccc-123456789012",
      "API Error: 429 rate_limit_error: 30,000 input tokens per minute",
      "token limit: 200000, used 210000 tokens",
      "https://example.com:8080/path?x=1 refused",
      "The tasks-and-skills-directory is missing",
    ];
    for (const text of texts) expect(errorText(text)).toBe(text);
  });

  it("is read in a moment however it looks", () => {
    const started = performance.now();
    for (const piece of ["a-", "token=", "sk-", "eyJ", "://", "-----BEGIN PRIVATE KEY-----", "_", "bearer ", ":"])
      errorText(piece.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

// Put together here, so that no scanner takes them for real ones.
const A = "Ab3".repeat(10);
const key = (...pieces: readonly string[]): string => [...pieces, A].join("");
test.each([
  ["a key of a model's maker", `401 invalid x-api-key ${key("sk", "-ant-api03-")}`],
  ["a project's key", `Incorrect API key provided: ${key("sk", "-proj-")}.`],
  ["a token of github", `remote: ${key("gh", "p_")} refused`],
  ["a fine-grained one", `${key("github", "_pat_")} refused`],
  ["a key of a cloud", `${["AK", "IA", "A1B2".repeat(4)].join("")} is not allowed`],
  ["another cloud's", `key ${key("AI", "za")} expired`],
  ["a bearer", `Authorization: Bearer ${A}`],
  ["a web token", `token ${key("ey", "J")}.${A}.${A} expired`],
  ["a variable", `ANTHROPIC_AUTH_TOKEN=${A} was refused`],
  ["a field", `{"access_token": "${A}", "expires": 1}`],
  ["a password in an address", `connect postgres://me:${A}@db.example failed`],
  ["a private key", `${["-----BEGIN RSA", "PRIVATE KEY-----"].join(" ")}\n${A}\n-----END RSA PRIVATE KEY----- unusable`],
  ["a private key without its end", `${["-----BEGIN", "PRIVATE KEY-----"].join(" ")}\n${A}`],
])("%s is not told", (_, text) => {
  const told = errorText(text);
  expect(told).not.toContain(A);
  expect(told).not.toContain("A1B2");
  expect(told).toContain("[secret]");
});
