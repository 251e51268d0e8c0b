import { expect, test } from "vitest";
import { cellWidth, plainText, tableLines, type Column } from "./table.ts";

interface Row {
  readonly name: string;
  readonly state: string;
}

const columns: readonly Column<Row>[] = [
  { title: "NAME", text: (row) => row.name, maxWidth: 8 },
  { title: "STATE", text: (row) => row.state, paint: (text) => `<${text}>` },
];
const asIs = (text: string) => text;

test("columns are as wide as their widest text, and a paint keeps them aligned", () => {
  const lines = tableLines(
    columns,
    [
      { name: "a", state: "running" },
      { name: "long", state: "exited" },
    ],
    asIs,
  );
  expect(lines).toEqual(["NAME  STATE", "a     <running>", "long  <exited>"]);
});

test("wide characters count two cells and long texts are cut", () => {
  const lines = tableLines(
    columns,
    [
      { name: "日本", state: "x" },
      { name: "much-too-long", state: "y" },
    ],
    asIs,
  );
  expect(lines).toEqual(["NAME      STATE", "日本      <x>", "much-to…  <y>"]);
});

test("a name cannot send sequences to the reader's terminal", () => {
  expect(plainText("\x1b]0;title\x07a\x1b[2Jb\nc\x9bd")).toBe("ab c d");
});

test("marks that combine take no cell", () => {
  expect(cellWidth("e\u0301")).toBe(1);
  expect(cellWidth("🙂")).toBe(2);
});

test("texts that turn the order of letters are shown without it", () => {
  expect(plainText("invoice\u202excod.exe\u2066")).toBe("invoice xcod.exe ");
});

test("in a narrow terminal ids are cut first, then the widest, none below its least width", () => {
  const narrow: readonly Column<Row>[] = [
    { title: "ID", text: () => "0123456789", leastWidth: 4, isId: true },
    { title: "NAME", text: (row) => row.name, leastWidth: 6 },
    { title: "STATE", text: (row) => row.state, leastWidth: 1 },
  ];
  const row = { name: "a-long-name", state: "running" };
  const at = (room: number) => tableLines(narrow, [row], asIs, room)[1];
  expect(at(32)).toBe("0123456789  a-long-name  running");
  expect(at(28)).toBe("012345  a-long-name  running");
  expect(at(24)).toBe("0123  a-long-n…  running");
  expect(at(22)).toBe("0123  a-long…  running");
  expect(at(10)).toBe("0123  a-lon…  runn…");
});
