import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { QueryFilter } from "./query-filter.ts";

const ESC = "\x1b";
const ST = "\x1b\\";
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

function filterInPieces(data: Uint8Array, cuts: readonly number[]): Uint8Array {
  const filter = new QueryFilter();
  const places = [...new Set(cuts.map((cut) => cut % (data.length + 1)))].toSorted((a, b) => a - b);
  const shown: number[] = [];
  let from = 0;
  for (const to of [...places, data.length]) {
    shown.push(...filter.filter(data.slice(from, to)));
    from = to;
  }
  return Uint8Array.from(shown);
}

const QUERIES = [
  "[c", "[0c", "[>c", "[>0c", "[=c", "[5n", "[6n", "[?6n", "[?15n", "[?996n", "[4$p", "[?2026$p", "[>q", "[>0q", "[?u", "[x", "[14t", "[16t", "[18t",
  "[21;0t", "[?4m", "Z", "]4;1;?\x07", `]4;0;red;1;?${ST}`, `]10;?${ST}`, "]11;?\x07", "]12;?\x07", "]10;?;?\x07", "]52;c;?\x07", `P$qm${ST}`, `P$q"p${ST}`,
  `P+q544e${ST}`, `_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA${ST}`,
].map((query) => ESC + query); // prettier-ignore

const OTHERS = [
  "[31m", "[38:2::1:2:3m", "[2J", "[?25l", "[?1049h", "[!p", "[2 q", "[u", "[s", "[8;24;80t", "[22;0t", "[>4;1m", "[=0u", "[>1u", "[<u", "[1;2r", "[?1;2c",
  "7", "8", "(0", "c", "]0;title\x07", `]2;what?${ST}`, "]8;;https://example.org/?a\x07", "]4;1;rgb:00/00/00\x07", "]10;#fff\x07", "]52;c;aGVsbG8=\x07",
  "]104\x07", "]133;A\x07", `P1$r0m${ST}`, "_Gf=100,a=T;AAAA\x1b\\", "]9;done?\x07",
].map((sequence) => ESC + sequence); // prettier-ignore

describe("a filter for queries", () => {
  test.each(QUERIES)("takes out %j and leaves what is around it", (query) => {
    expect(text(new QueryFilter().filter(bytes(`before${query}after`)))).toBe("beforeafter");
  });

  test.each(OTHERS)("lets %j pass", (sequence) => {
    expect(text(new QueryFilter().filter(bytes(`before${sequence}after`)))).toBe(`before${sequence}after`);
  });

  test("finds queries that are introduced by a C1 control, or follow an abandoned sequence", () => {
    expect(text(new QueryFilter().filter(bytes("a\u009b6nb\u009d11;?\u009cc")))).toBe("abc");
    expect(text(new QueryFilter().filter(bytes(`a${ESC}[3${ESC}[6nb`)))).toBe(`a${ESC}[3b`);
    expect(text(new QueryFilter().filter(bytes(`a${ESC}]0;t${ESC}[6nb`)))).toBe(`a${ESC}]0;tb`);
  });

  test("is not misled by controls inside a query", () => {
    expect(text(new QueryFilter().filter(bytes(`a${ESC}[6\rnb`)))).toBe("ab");
  });

  test("passes whatever holds no query unchanged, however it is cut", () => {
    const piece = fc.oneof(fc.constantFrom(...OTHERS, "\r\n", "é", "漢字", "👩‍👩‍👧", "°"), fc.string({ unit: "grapheme-ascii" }));
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat()), (pieces, cuts) => {
        const stream = pieces.join("");
        expect(text(filterInPieces(bytes(stream), cuts))).toBe(stream);
      }),
    );
  });

  test("takes out the same, however the stream is cut", () => {
    const piece = fc.oneof(fc.constantFrom(...QUERIES, ...OTHERS, "漢", "\xc2", "\x18"), fc.string());
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat()), (pieces, cuts) => {
        const stream = bytes(pieces.join(""));
        expect(text(filterInPieces(stream, cuts))).toBe(text(filterInPieces(stream, [])));
      }),
    );
  });

  test("passes arbitrary bytes the same, however they are cut, and loses none at the end but an unfinished sequence", () => {
    const noise = fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0x1b, 0x5b, 0x5d, 0x5c, 0xc2, 0x9b, 0x9c, 0x07, 0x50)), { maxLength: 60 });
    fc.assert(
      fc.property(noise, fc.array(fc.nat()), (values, cuts) => {
        const stream = Uint8Array.from([...values, 0x18, 0x61]);
        expect(filterInPieces(stream, cuts)).toEqual(filterInPieces(stream, []));
      }),
    );
  });

  test("shows a long string in parts instead of holding it back", () => {
    const filter = new QueryFilter();
    const long = `${ESC}]52;c;${"A".repeat(10_000)}`;
    expect(text(filter.filter(bytes(long)))).toBe(long);
    expect(text(filter.filter(bytes(`?\x07${ESC}[6nend`)))).toBe("?\x07end");
  });

  test("forgets what it held back when a snapshot begins", () => {
    const filter = new QueryFilter();
    expect(text(filter.filter(bytes(`a${ESC}[6`)))).toBe("a");
    filter.reset();
    expect(text(filter.filter(bytes("none")))).toBe("none");
  });
});
