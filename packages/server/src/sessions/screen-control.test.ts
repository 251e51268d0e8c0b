import type { ScreenColours } from "@perdure/protocol";
import { beforeEach, expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { ScreenControl, type Size } from "./screen-control.ts";
import { SizeControl, type Sized } from "./size-control.ts";

const colours = (background: string): ScreenColours => ({
  foreground: "#000000",
  background,
  cursor: "#000000",
  palette: Array.from({ length: 16 }, () => "#000000"),
});

let clock: FakeClock;
let sizes: SizeControl<Sized>;
let size: Size | null;
let asked: string[];
let told: string[];
let control: ScreenControl;

beforeEach(() => {
  clock = new FakeClock();
  sizes = new SizeControl();
  size = { cols: 80, rows: 24 };
  asked = [];
  told = [];
  control = new ScreenControl({
    clock,
    sizes,
    size: () => size,
    resize: ({ cols, rows }) => asked.push(`${cols}x${rows}`),
    recolour: ({ background }) => told.push(background),
  });
});

function desk(): Sized {
  const viewer: Sized = { size: { cols: 100, rows: 30 }, colours: colours("#111111"), isVisible: true };
  sizes.add(viewer);
  return viewer;
}

it("asks for the controller's size at once, and for none that is there", () => {
  desk();
  control.apply();
  expect(asked).toEqual(["100x30"]);
  size = { cols: 100, rows: 30 };
  clock.advance(1000);
  control.apply();
  expect(asked).toEqual(["100x30"]);
});

it("asks for the first and the last of a storm", () => {
  const viewer = desk();
  for (let cols = 100; cols < 160; cols += 1) {
    viewer.size = { cols, rows: 30 };
    control.apply();
  }
  expect(asked).toEqual(["100x30"]);
  clock.advance(50);
  expect(asked).toEqual(["100x30", "159x30"]);
});

it("asks for nothing in the end when the storm ends where it began", () => {
  const viewer = desk();
  control.apply();
  size = { cols: 100, rows: 30 };
  viewer.size = { cols: 120, rows: 30 };
  control.apply();
  viewer.size = { cols: 100, rows: 30 };
  clock.advance(50);
  expect(asked).toEqual(["100x30"]);
});

it("asks a program that is over for nothing, also if it ended meanwhile", () => {
  const viewer = desk();
  control.apply();
  viewer.size = { cols: 120, rows: 30 };
  control.apply();
  size = null;
  clock.advance(50);
  control.apply();
  expect(asked).toEqual(["100x30"]);
});

it("tells the colours of whoever controls", () => {
  const first = desk();
  const second: Sized = { size: { cols: 40, rows: 30 }, colours: colours("#ffffff"), isVisible: true };
  sizes.add(second);
  control.apply();
  sizes.take(second);
  control.apply();
  first.isVisible = true;
  expect(told).toEqual(["#111111", "#ffffff"]);
});

it("asks for nothing once it is closed", () => {
  const viewer = desk();
  control.apply();
  viewer.size = { cols: 120, rows: 30 };
  control.apply();
  control.close();
  clock.advance(1000);
  expect(asked).toEqual(["100x30"]);
});
