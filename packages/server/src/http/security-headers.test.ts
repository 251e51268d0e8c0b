import { expect, it } from "vitest";
import { securityHeaders } from "./security-headers.ts";

it.each([
  ["localhost:7433", undefined],
  ["127.0.0.1:7433", undefined],
  ["127.9.8.7", undefined],
  ["[::1]:7433", undefined],
  ["work.localhost", undefined],
  ["perdure.example", "https"],
  ["perdure.example", "HTTPS, http"],
])("an origin that browsers trust has an opener policy: %s %s", (host, protocol) => {
  expect(securityHeaders(host, protocol)).toHaveProperty("Cross-Origin-Opener-Policy", "same-origin");
});

it.each([
  ["192.0.2.7:7433", undefined],
  ["lan.test", "http"],
  ["localhost.example", undefined],
  [undefined, undefined],
])("a plain address of a network has none, and everything else: %s %s", (host, protocol) => {
  const headers = securityHeaders(host, protocol);
  expect(headers).not.toHaveProperty("Cross-Origin-Opener-Policy");
  expect(headers).toMatchObject({ "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff" });
});
