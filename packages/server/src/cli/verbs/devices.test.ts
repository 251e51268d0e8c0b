import type { DeviceInfo } from "@perdure/protocol";
import { expect, test } from "vitest";
import { resolveDevice } from "./devices.ts";

function device(id: string, name: string): DeviceInfo {
  return { id, name, createdAt: 0, lastSeenAt: 0, isThis: false };
}

const devices = [device("aa11", "Phone"), device("aa22", "Laptop"), device("bb33", "Laptop")];

test("a device is named by its id, its name, or the beginning of its id", () => {
  expect(resolveDevice("aa22", devices).id).toBe("aa22");
  expect(resolveDevice("Phone", devices).id).toBe("aa11");
  expect(resolveDevice("bb", devices).id).toBe("bb33");
});

test("two of one name are listed, never guessed: the wrong one would lose its access", () => {
  expect(() => resolveDevice("Laptop", devices)).toThrow(/use an id:\n {2}aa22 {2}Laptop\n {2}bb33 {2}Laptop/);
  expect(() => resolveDevice("aa", devices)).toThrow(/use an id/);
});

test("an unknown one says what may have been meant", () => {
  expect(() => resolveDevice("Fone", devices)).toThrow(/There is no device "Fone"/);
  expect(() => resolveDevice("Phne", devices)).toThrow("Did you mean Phone?");
});
