import { expect, test } from "vitest";
import { shortenPath } from "./shorten-path.ts";

test("the home directory is a tilde, on Linux, on a Mac and for root", () => {
  expect(shortenPath("/home/ada/work")).toBe("~/work");
  expect(shortenPath("/Users/ada")).toBe("~");
  expect(shortenPath("/root/x")).toBe("~/x");
  expect(shortenPath("/rooted/x")).toBe("/rooted/x");
});

test("a long path loses its middle and keeps its end", () => {
  expect(shortenPath("/home/ada/work/customers/north/site/packages/web", 24)).toBe("~/…/site/packages/web");
  expect(shortenPath("/var/lib/containers/storage/overlay/abcdef", 24)).toBe("/var/…/overlay/abcdef");
  expect(shortenPath("/home/ada/a-single-directory-with-a-very-long-name", 20)).toContain("a-very-long-name");
});
