import { expect, test } from "vitest";
import { legible } from "./contrast.ts";

test("ink that differs enough stays as it is", () => {
  expect(legible("#2a2621", "#fefdfb", 4.5)).toBe("#2a2621");
  expect(legible("#d9d4ca", "#fefdfb", 1)).toBe("#d9d4ca");
});

test("light ink on paper is darkened, and dark ink on a dark ground is lightened", () => {
  expect(legible("#d9d4ca", "#fefdfb", 4.5)).toMatch(/^#[67]/);
  expect(legible("#303030", "#202020", 4.5)).toMatch(/^#[89]/);
});

test("what cannot get enough contrast its own way goes the other", () => {
  expect(legible("#101010", "#202020", 4.5)).toMatch(/^#[89]/);
});

test("a colour without channels is left alone", () => {
  expect(legible("inherit", "#ffffff", 4.5)).toBe("inherit");
});
