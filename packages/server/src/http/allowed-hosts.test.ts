import * as os from "node:os";
import { describe, expect, it } from "vitest";
import { AllowedHosts, isSameOrigin } from "./allowed-hosts.ts";

describe("which names may be used", () => {
  const hosts = new AllowedHosts("127.0.0.1", ["desk.example"]);

  it.each(["localhost", "localhost:7433", "127.0.0.1:1", "[::1]:80", "app.localhost:5", "desk.example:443", "DESK.example"])(
    "%s may",
    (host) => {
      expect(hosts.allowsHost(host)).toBe(true);
    },
  );

  it.each([undefined, "", "evil.example", "localhost.evil.example", "192.168.1.5", "desk.example.evil", "a b"])("%s may not", (host) => {
    expect(hosts.allowsHost(host)).toBe(false);
  });

  it("allows the listening address", () => {
    expect(new AllowedHosts("192.168.1.5", []).allowsHost("192.168.1.5:7433")).toBe(true);
  });
});

describe("from which pages a request may come", () => {
  const hosts = new AllowedHosts("127.0.0.1", []);

  it("accepts programs, which send no origin, and pages of loopback names on any port", () => {
    expect(hosts.allowsOrigin(undefined)).toBe(true);
    expect(hosts.allowsOrigin("http://localhost:9999")).toBe(true);
  });

  it("knows the addresses of this machine when it listens on all of them, as they are now", () => {
    const own = Object.values(os.networkInterfaces()).flatMap((each) => each ?? []);
    for (const { address, family } of own.filter((each) => !each.address.includes("%"))) {
      expect(new AllowedHosts("0.0.0.0", []).allowsHost(family === "IPv6" ? `[${address}]:7433` : `${address}:7433`)).toBe(true);
    }
    expect(new AllowedHosts("0.0.0.0", []).allowsHost("203.0.113.9:7433")).toBe(false);
  });

  it.each(["https://evil.example", "null", "http://localhost.evil.example"])("refuses %s", (origin) => {
    expect(hosts.allowsOrigin(origin)).toBe(false);
  });

  it("tells a page of another port apart, which a cookie does not", () => {
    expect(isSameOrigin("http://localhost:7433", "localhost:7433")).toBe(true);
    expect(isSameOrigin("http://localhost:3000", "localhost:7433")).toBe(false);
    expect(isSameOrigin("https://desk.example", "desk.example")).toBe(true);
    expect(isSameOrigin("null", "localhost:7433")).toBe(false);
  });
});
