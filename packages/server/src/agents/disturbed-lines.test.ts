// What the real agents said, with lines that came twice, late, spoilt, or in the words of another release.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { DriverInput } from "./driver.ts";
import { inputsOf, play, shownIn } from "./disturbed.ts";
import { allRecordings } from "./recordings.ts";

/** More where somebody has the time: `PERDURE_DISTURB_TIMES=20`. */
const TIMES = Number(process.env["PERDURE_DISTURB_TIMES"] ?? 1);

type Line = Extract<DriverInput, { is: "line" }>;

const RECORDINGS = allRecordings().map(([name, driver, recording]) => {
  const inputs = inputsOf(recording);
  return { name, driver, recording, inputs, whole: shownIn(play(driver, recording, inputs).conversation) };
});
/** By its name, so that a failure can be read. */
const anyRecording = fc.constantFrom(...RECORDINGS.map(({ name }) => name));

function recordingOf(name: string): (typeof RECORDINGS)[number] {
  return RECORDINGS.find((one) => one.name === name)!;
}

/** One line of a recording, changed; the others as they are. */
function withLine({ inputs }: (typeof RECORDINGS)[number], pick: number, change: (line: Line) => readonly Line[]): readonly DriverInput[] {
  const lines = inputs.flatMap((input, index) => (input.is === "line" ? [index] : []));
  const at = lines[pick % lines.length];
  return inputs.flatMap((input, index): readonly DriverInput[] => (index === at && input.is === "line" ? change(input) : [input]));
}

function textOf(line: Line, text: string): Line {
  return { ...line, text };
}

test("a recording as it is shows no problem", () => {
  for (const { driver, recording, inputs } of RECORDINGS) {
    expect(play(driver, recording, inputs)).toMatchObject({ problems: [], isStuck: false });
  }
});

const HARMLESS: Readonly<Record<string, (line: Line) => readonly Line[]>> = {
  "behind a byte order mark": (line) => [textOf(line, `\ufeff${line.text}`)],
  "between blanks": (line) => [textOf(line, `  ${line.text}\t `)],
  "behind what is for a terminal": (line) => [textOf(line, `\u001b[2K\u001b[?25l${line.text}\u001b[0m`)],
  "in a list of its own": (line) => [textOf(line, `[${line.text}]`)],
  "with a field of tomorrow": (line) => [textOf(line, line.text.replace(/^\{/, '{"a_field_of_tomorrow":{"x":[1,{"type":"y"}]},'))],
  "behind words without a line feed": (line) => [textOf(line, `npm notice 50%${line.text}`)],
  "before words without a line feed": (line) => [textOf(line, `${line.text}warning: slow`)],
  "behind the half of itself": (line) => [textOf(line, line.text.slice(0, line.text.length / 2) + line.text)],
  "behind lines that are none of its": (line) => [textOf(line, ""), textOf(line, "\u0000\u0007"), textOf(line, "> ready"), line],
};

test.each(Object.entries(HARMLESS))("a line %s means the same", (_, change) => {
  fc.assert(
    fc.property(anyRecording, fc.nat(), (name, pick) => {
      const one = recordingOf(name);
      const played = play(one.driver, one.recording, withLine(one, pick, change));
      expect(played.problems).toEqual([]);
      expect(shownIn(played.conversation)).toEqual(one.whole);
    }),
    { numRuns: TIMES * 60 },
  );
});

/** Pieces of a text have no number in some protocols: one that comes twice is not told from two that are the same. */
const PIECE = /"(?:agent_message_chunk|agent_thought_chunk)"|[dD]elta"/;
/** What is asked of us under a number is answered each time. */
const ASKS = /"method":"fs\//;

function twice(line: Line): readonly Line[] {
  const isPiece = PIECE.test(line.text) && !line.text.includes('"uuid"');
  return isPiece || ASKS.test(line.text) ? [line] : [line, line];
}

test("a line that comes twice is shown once", () => {
  fc.assert(
    fc.property(anyRecording, fc.nat(), (name, pick) => {
      const one = recordingOf(name);
      const played = play(one.driver, one.recording, withLine(one, pick, twice));
      expect(played.problems).toEqual([]);
      expect(shownIn(played.conversation)).toEqual(one.whole);
    }),
    { numRuns: TIMES * 300 },
  );
});

type Spoil = (before: unknown) => unknown;
const GONE = Symbol("gone");
const SPOILT: readonly Spoil[] = [
  () => GONE,
  () => null,
  (before) => (typeof before === "number" ? String(before) : 7),
  () => "",
  () => [],
  () => ({}),
  () => true,
  () => "constructor",
  () => "__proto__",
  () => -1,
  () => "x".repeat(5000),
  (before) => [before],
];

function spoilt(text: string, pick: number, spoil: Spoil): string {
  const line = JSON.parse(text) as Record<string, unknown>;
  const places: { readonly parent: Record<string, unknown>; readonly key: string }[] = [];
  const visit = (parent: Record<string, unknown>): void => {
    for (const [key, value] of Object.entries(parent)) {
      places.push({ parent, key });
      if (typeof value === "object" && value !== null) visit(value as Record<string, unknown>);
    }
  };
  visit(line);
  const { parent, key } = places[pick % places.length]!;
  const value = spoil(parent[key]);
  if (value === GONE) delete parent[key];
  else parent[key] = value;
  return JSON.stringify(line);
}

test("a field that is gone, null, or something else breaks nothing", () => {
  fc.assert(
    fc.property(anyRecording, fc.nat(), fc.nat(), fc.constantFrom(...SPOILT), (name, pick, field, spoil) => {
      const one = recordingOf(name);
      const spoil1 = (line: Line): readonly Line[] => [textOf(line, spoilt(line.text, field, spoil))];
      expect(play(one.driver, one.recording, withLine(one, pick, spoil1)).problems).toEqual([]);
    }),
    { numRuns: TIMES * 400 },
  );
});

test("lines that are left out, exchanged, late or cut break nothing", () => {
  fc.assert(
    fc.property(
      anyRecording,
      fc.array(fc.tuple(fc.nat(), fc.nat(8), fc.constantFrom("out", "late", "cut", "joined")), { minLength: 1, maxLength: 4 }),
      (name, changes) => {
        const one = recordingOf(name);
        let inputs = [...one.inputs];
        for (const [pick, by, how] of changes) {
          const lines = inputs.flatMap((input, index) => (input.is === "line" ? [index] : []));
          const at = lines[pick % Math.max(1, lines.length)];
          const line = at === undefined ? undefined : inputs[at];
          if (at === undefined || line?.is !== "line") continue;
          inputs = inputs.toSpliced(at, 1);
          if (how === "late") inputs.splice(Math.min(inputs.length, at + by), 0, { ...line, time: inputs[at]?.time ?? line.time });
          if (how === "cut") inputs.splice(at, 0, textOf(line, line.text.slice(0, line.text.length / (by + 1))));
          const next = inputs[at];
          if (how === "joined" && next?.is === "line") inputs[at] = textOf(next, line.text + next.text);
        }
        expect(play(one.driver, one.recording, inputs).problems).toEqual([]);
      },
    ),
    { numRuns: TIMES * 300 },
  );
});

test("whatever an agent asks of us is answered, or asked of the user", () => {
  for (const { driver, recording, inputs } of RECORDINGS.filter(({ name }) => !name.startsWith("claude"))) {
    const asking = inputs.flatMap((input, index): readonly DriverInput[] => {
      const text = JSON.stringify({ jsonrpc: "2.0", id: `q${index}`, method: "a/method/of/tomorrow", params: { x: 1 } });
      return input.is === "line" ? [input, textOf(input, text)] : [input];
    });
    const { sends } = play(driver, recording, asking);
    const refused = sends
      .map((text) => JSON.parse(text) as { id?: unknown; error?: { code: number } })
      .filter(({ error }) => error?.code === -32601);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map(({ id }) => id)).size).toBe(refused.length);
  }
});
