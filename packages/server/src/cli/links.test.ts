import * as os from "node:os";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { forwardLine, pairingLink, qrCode } from "./links.ts";
import { styleFor } from "./style.ts";

test("a link carries its code in the fragment, which no server sees", () => {
  const link = pairingLink("http://localhost:7433", { code: "a b/c", expiresAt: 0 }, "/s/1");
  expect(link).toBe("http://localhost:7433/s/1#pair=a%20b%2Fc");
});

function lineFor(connection: string): string {
  return forwardLine("http://localhost:7433", { SSH_CONNECTION: connection });
}

test("the line for ssh names the address that the user came by, and its port if it is another", () => {
  const { username } = os.userInfo();
  expect(lineFor("192.0.2.1 50000 192.0.2.9 22")).toBe(`ssh -N -L 7433:localhost:7433 ${username}@192.0.2.9`);
  expect(lineFor("192.0.2.1 50000 192.0.2.9 2222")).toBe(`ssh -N -L 7433:localhost:7433 -p 2222 ${username}@192.0.2.9`);
});

test("the QR code is light on dark whatever the terminal's colours are, and has a light border", () => {
  const lines = qrCode("http://localhost:7433/#pair=x", styleFor({ isTTY: true }, {})).split("\n");
  expect(stripVTControlCharacters(lines[0] ?? "")).toMatch(/^█+$/);
  expect(lines.every((each) => each.startsWith("\x1b[97;40m") && each.endsWith("\x1b[39;49m"))).toBe(true);
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
});
