// What tests stand on, made before them and ended behind them, also when making it failed half-way. Each function is called once, at the
// top of a file, with what takes the thing made, and does what else the tests of the file need.

import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { CommandLine } from "./command-line.ts";
import { PerdureHome } from "./perdure-home.ts";
import { WebSituation, type SituationOptions } from "./web-situation.ts";

type Take<T> = (made: T) => void | Promise<void>;

interface Closing {
  close(): Promise<void>;
}

/** A state directory of its own for each test. */
export function homeForEachTest(take: Take<PerdureHome>): void {
  perTest(() => new PerdureHome(), take);
}

/** One state directory for the tests of the file: for those of which none spoils it for the next. */
export function homeForThisFile(take: Take<PerdureHome>): void {
  let made: PerdureHome | undefined;
  beforeAll(async () => {
    made = new PerdureHome();
    await take(made);
  });
  afterAll(async () => made?.close());
}

/** A command line on a state directory of its own for each test. */
export function commandLineForEachTest(take: Take<CommandLine>): void {
  perTest(() => new CommandLine(new PerdureHome()), take);
}

/** One command line on one state directory for the tests of the file. */
export function commandLineForThisFile(take: Take<CommandLine>): void {
  let made: CommandLine | undefined;
  beforeAll(async () => {
    made = new CommandLine(new PerdureHome());
    await take(made);
  });
  afterAll(async () => made?.close());
}

/** One server with the web app and one browser for the tests of the file; each test's devices and sessions end behind it. */
export function webForThisFile(take: Take<WebSituation>, options: SituationOptions = {}): void {
  let made: WebSituation | undefined;
  beforeAll(async () => {
    made = new WebSituation(options);
    await made.start();
    await take(made);
  });
  afterEach(async () => made?.clear());
  afterAll(async () => made?.close());
}

function perTest<T extends Closing>(make: () => T, take: Take<T>): void {
  let made: T | undefined;
  beforeEach(async () => {
    made = make();
    await take(made);
  });
  afterEach(async () => {
    await made?.close();
    made = undefined;
  });
}
