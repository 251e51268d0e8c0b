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
