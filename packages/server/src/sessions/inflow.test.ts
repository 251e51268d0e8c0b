import { beforeEach, describe, expect, it } from "vitest";
import { Inflow } from "./inflow.ts";

const MIB = 1024 * 1024;
let told: string[];
let inflow: Inflow;

beforeEach(() => {
  told = [];
  inflow = new Inflow(() => ({ pauseReading: () => told.push("pause"), resumeReading: () => told.push("resume") }));
});

describe("a host that sends faster than the log takes", () => {
  it("is not read beyond 16 MiB, and again from 4 MiB on", () => {
    inflow.add(16 * MIB);
    expect(told).toEqual([]);
    inflow.add(1);
    inflow.add(-11 * MIB);
    expect(told).toEqual(["pause"]);
    inflow.add(-2 * MIB);
    expect(told).toEqual(["pause", "resume"]);
  });

  it("is heard while the disk is full, and held again behind it", () => {
    inflow.add(20 * MIB);
    inflow.diskFull(true);
    expect(told).toEqual(["pause", "resume"]);
    inflow.diskFull(false);
    expect(told).toEqual(["pause", "resume", "pause"]);
  });

  it("that is a new one is held, too", () => {
    inflow.add(20 * MIB);
    inflow.connected();
    expect(told).toEqual(["pause", "pause"]);
  });
});
