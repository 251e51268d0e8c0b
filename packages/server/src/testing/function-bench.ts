/** What tests of functions share. Whatever one did: a server that ends at any byte and any row of it goes on with the same. */
import { afterEach } from "vitest";
import { cutEverywhere, garbageEverywhere } from "../agents/acceptance.ts";
import type { FunctionPart, FunctionRequest } from "../agents/function/function-parts.ts";
import { ScratchFunction } from "./scratch-function.ts";

export type FunctionBody = (request: FunctionRequest) => AsyncGenerator<FunctionPart>;

const GARBAGE = ['{"type":"text"}', '{"type":"turn-end","turn":"another","end":"completed"}', '{"type":"approval-end","approval":"zz"}'];

/** For each test of a file. */
export function functionBench() {
  let bed: ScratchFunction;
  afterEach(() => {
    cutEverywhere(() => bed.driver, bed.recording);
    garbageEverywhere(() => bed.driver, bed.recording, GARBAGE);
  });
  return {
    /** The one that was made last. */
    get bed(): ScratchFunction {
      return bed;
    },
    agent: (run: FunctionBody, more: Partial<ConstructorParameters<typeof ScratchFunction>[0]> = {}): ScratchFunction => {
      bed = new ScratchFunction({ run, ...more });
      return bed;
    },
  };
}

/** Resolves when the request's signal is aborted. */
export const aborted = ({ signal }: FunctionRequest): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

export const never = (): Promise<never> => new Promise(() => undefined);
