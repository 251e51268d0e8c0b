import { describe, expect, it } from "vitest";
import { SizeControl, type Sized } from "./size-control.ts";

const desk = (): Sized => ({ size: { cols: 160, rows: 50 }, colours: null, isVisible: true });
const phone = (): Sized => ({ size: { cols: 40, rows: 30 }, colours: null, isVisible: true });

describe("the size of a session", () => {
  it("is its first viewer's; a second one that only looks changes nothing", () => {
    const control = new SizeControl();
    const [first, second] = [desk(), phone()];
    control.add(first);
    control.add(second);
    expect(control.wanted).toEqual(first.size);
  });

  it("follows whoever typed last", () => {
    const control = new SizeControl();
    const [first, second] = [desk(), phone()];
    control.add(first);
    control.add(second);
    expect(control.take(second)).toBe(true);
    expect(control.wanted).toEqual(second.size);
    expect(control.take(second)).toBe(false);
    control.take(first);
    expect(control.wanted).toEqual(first.size);
  });

  it("passes to the next visible one when the controller is hidden or leaves", () => {
    const control = new SizeControl();
    const [first, second] = [desk(), phone()];
    control.add(first);
    control.add(second);
    first.isVisible = false;
    expect(control.wanted).toEqual(second.size);
    first.isVisible = true;
    control.remove(first);
    expect(control.wanted).toEqual(second.size);
  });

  it("stays as it is when nobody visible is there", () => {
    const control = new SizeControl();
    const only = desk();
    control.add(only);
    only.isVisible = false;
    expect(control.wanted).toBeNull();
  });

  it("is never a log reader's", () => {
    const control = new SizeControl();
    const reader: Sized = { size: null, colours: null, isVisible: true };
    control.add(reader);
    expect(control.take(reader)).toBe(false);
    expect(control.wanted).toBeNull();
  });

  it("is a hidden viewer's that typed once it can be seen", () => {
    const control = new SizeControl();
    const [first, hidden] = [desk(), { ...phone(), isVisible: false }];
    control.add(first);
    control.add(hidden);
    expect(control.take(hidden)).toBe(false);
    expect(control.wanted).toEqual(first.size);
    hidden.isVisible = true;
    expect(control.wanted).toEqual(hidden.size);
  });
});
