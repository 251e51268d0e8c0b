import { expect, test } from "vitest";
import { deviceName } from "./device-name.ts";
import { codeInFragment, codeInText, pairingLink } from "./pairing-link.ts";

test("a pairing link's fragment holds the code, another fragment none", () => {
  expect(codeInFragment("#pair=abcdEFGH_-12")).toBe("abcdEFGH_-12");
  expect(codeInFragment("#pair=short")).toBeUndefined();
  expect(codeInFragment("#pair=<script>alert(1)</script>")).toBeUndefined();
  expect(codeInFragment("")).toBeUndefined();
});

test("a person may paste the link, its end or the code", () => {
  const code = "abcdEFGH_-12";
  expect(codeInText(`  ${pairingLink("http://localhost:7433", code)}\n`)).toBe(code);
  expect(codeInText(`#pair=${code}`)).toBe(code);
  expect(codeInText(`pair=${code}`)).toBe(code);
  expect(codeInText(code)).toBe(code);
  expect(codeInText("what is this?")).toBeUndefined();
});

test("devices have names that their owners know", () => {
  const chrome = "(KHTML, like Gecko) Chrome/130.0.0.0";
  expect(deviceName(`Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 ${chrome} Mobile Safari/537.36`, 5)).toBe("Chrome on Android");
  expect(
    deviceName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1", 5),
  ).toBe("Safari on iPhone");
  expect(deviceName("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", 5)).toBe(
    "Safari on iPad",
  );
  expect(deviceName("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", 0)).toBe("Firefox on Linux");
  expect(deviceName(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 ${chrome} Safari/537.36 Edg/130.0.0.0`, 0)).toBe(
    "Edge on Windows",
  );
  expect(deviceName("curl/8", 0)).toBe("Browser");
});
