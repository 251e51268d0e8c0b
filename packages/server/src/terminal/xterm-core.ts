/**
 * The emulator's insides, as far as they are used: private parts of @xterm/headless 6.0.0, pinned to that very version. `xterm-screen.ts` alone reads them.
 * A release that renames or moves one is found when the first terminal is made, not by a screen that comes back wrong.
 */
import type { Terminal } from "@xterm/headless";

export interface CoreLine {
  readonly isWrapped: boolean;
  readonly length: number;
  /** Three numbers for each cell: content, foreground, background. */
  readonly _data: Uint32Array;
  readonly _combined: Readonly<Record<number, string>>;
  readonly _extendedAttrs: Readonly<Record<number, CoreExtended | undefined>>;
}

export interface CoreExtended {
  readonly _ext: number;
  readonly _urlId: number;
}

export interface CoreAttributes {
  readonly fg: number;
  readonly bg: number;
  readonly extended: CoreExtended;
}

export type CoreCharset = Readonly<Record<string, string>>;

export interface CoreBuffer {
  readonly lines: { readonly length: number; get(index: number): CoreLine | undefined };
  readonly x: number;
  readonly y: number;
  readonly ybase: number;
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly savedX: number;
  readonly savedY: number;
  readonly savedCurAttrData: CoreAttributes;
  readonly savedCharset: CoreCharset | undefined;
  readonly tabs: Readonly<Record<number, boolean | undefined>>;
}

export interface ColourRequest {
  /** 0 asks, 1 sets, 2 restores. */
  readonly type: number;
  readonly index?: number;
  readonly color?: readonly [number, number, number];
}

export interface Core {
  writeSync(data: Uint8Array | string): void;
  readonly _bufferService: { readonly buffers: { readonly active: CoreBuffer; readonly normal: CoreBuffer; readonly alt: CoreBuffer } };
  readonly _charsetService: {
    readonly charset: CoreCharset | undefined;
    readonly glevel: number;
    readonly _charsets: readonly (CoreCharset | undefined)[];
  };
  readonly _oscLinkService: {
    readonly _dataByLinkId: ReadonlyMap<
      number,
      { readonly data: { readonly id?: string; readonly uri: string }; readonly lines: readonly { readonly line: number }[] }
    >;
  };
  readonly unicodeService: { wcwidth(codepoint: number): number };
  readonly coreMouseService: { readonly activeProtocol: string; readonly activeEncoding: string };
  readonly coreService: {
    readonly isCursorHidden: boolean;
    readonly modes: { readonly insertMode: boolean };
    readonly decPrivateModes: {
      readonly applicationCursorKeys: boolean;
      readonly applicationKeypad: boolean;
      readonly bracketedPasteMode: boolean;
      readonly cursorBlink?: boolean;
      readonly cursorStyle?: "block" | "underline" | "bar";
      readonly origin: boolean;
      readonly reverseWraparound: boolean;
      readonly sendFocus: boolean;
      readonly synchronizedOutput: boolean;
      readonly wraparound: boolean;
    };
  };
  readonly optionsService: { readonly rawOptions: { readonly convertEol: boolean; readonly cursorBlink: boolean } };
  readonly _inputHandler: {
    readonly _curAttrData: CoreAttributes;
    readonly _windowTitle: string;
    readonly _iconName: string;
    readonly _parser: { readonly precedingJoinState: number; readonly currentState: number };
    onColor(listener: (requests: readonly ColourRequest[]) => void): unknown;
  };
}

const BUFFER = "lines:object x:number y:number ybase:number scrollTop:number scrollBottom:number savedX:number savedY:number tabs:object";

/** What is used, by its path: `name:type`, separated by blanks. */
const SHAPE: Readonly<Record<string, string>> = {
  "": "writeSync:function",
  "_bufferService.buffers": "active:object normal:object alt:object",
  "_bufferService.buffers.normal": BUFFER,
  "_bufferService.buffers.alt": BUFFER,
  "_bufferService.buffers.normal.savedCurAttrData": "fg:number bg:number",
  "_bufferService.buffers.normal.lines": "length:number get:function",
  _charsetService: "glevel:number _charsets:object charset:object",
  _oscLinkService: "_dataByLinkId:object",
  unicodeService: "wcwidth:function",
  coreMouseService: "activeProtocol:string activeEncoding:string",
  coreService: "isCursorHidden:boolean",
  "coreService.modes": "insertMode:boolean",
  "coreService.decPrivateModes":
    "applicationCursorKeys:boolean applicationKeypad:boolean bracketedPasteMode:boolean cursorBlink:boolean cursorStyle:string origin:boolean reverseWraparound:boolean sendFocus:boolean synchronizedOutput:boolean wraparound:boolean",
  "optionsService.rawOptions": "convertEol:boolean cursorBlink:boolean",
  _inputHandler: "_windowTitle:string _iconName:string onColor:function",
  "_inputHandler._curAttrData": "fg:number bg:number",
  "_inputHandler._curAttrData.extended": "_ext:number _urlId:number",
  "_inputHandler._parser": "precedingJoinState:number currentState:number",
};

/** Of the first line, after {@link PROBE}. */
const LINE_SHAPE = "isWrapped:boolean length:number _data:object _combined:object _extendedAttrs:object";

/** Gives every used field a value: a cursor style, a character set, a link, a combined character. */
const PROBE = "\x1b[4 q\x1b(0\x1b]8;id=a;x:y\x1b\\\x1b[3;31;44;4:3;58:5:9mE\u0301\x1b]8;;\x1b\\";

/**
 * Throws, naming the field, if the emulator is not the one this is written for. `make` makes a scratch terminal, at least ten columns
 * wide, with one row above the screen at most.
 */
export function checkCore(make: () => Terminal): void {
  const scratch = make();
  try {
    const core = coreOf(scratch);
    if (typeof core?.writeSync === "function") core.writeSync(PROBE);
    for (const [path, fields] of Object.entries(SHAPE)) checkFields(path, at(core, path), fields);
    const line = core._bufferService.buffers.normal.lines.get(0);
    checkFields("_bufferService.buffers.normal.lines[0]", line, LINE_SHAPE);
    checkPacking(core, line!);
  } finally {
    scratch.dispose();
  }
}

export function coreOf(terminal: Terminal): Core {
  return (terminal as unknown as { readonly _core: Core })._core;
}

/** The numbers that cells are packed in mean what they are taken for. */
function checkPacking(core: Core, line: CoreLine): void {
  const link = line._extendedAttrs[0];
  const facts: readonly (readonly [string, boolean])[] = [
    ["a cell's content", line._data[0] === ((1 << 22) | (1 << 21))],
    ["a cell's foreground", line._data[1] === (0x10000000 | 0x1000001)],
    ["a cell's background", line._data[2] === (0x10000000 | 0x4000000 | 0x1000004)],
    ["a combined character", line._combined[0] === "E\u0301"],
    ["an underline", link?._ext === ((3 << 26) | 0x2000009)],
    ["a link", core._oscLinkService._dataByLinkId.get(link?._urlId ?? 0)?.data.uri === "x:y"],
    ["a link's rows", core._oscLinkService._dataByLinkId.get(link?._urlId ?? 0)?.lines[0]?.line === 0],
    ["the width before", core._inputHandler._parser.precedingJoinState === 0],
  ];
  for (const [name, isSo] of facts) if (!isSo) throw changed(`the packing of ${name}`);
}

function checkFields(path: string, value: unknown, fields: string): void {
  if (typeof value !== "object" || value === null) throw changed(path);
  for (const field of fields.split(" ")) {
    const [name = "", type] = field.split(":");
    if (typeof (value as Readonly<Record<string, unknown>>)[name] !== type) throw changed(path === "" ? name : `${path}.${name}`);
  }
}

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path === "" ? [] : path.split(".")) found = (found as Readonly<Record<string, unknown>> | undefined)?.[name];
  return found;
}

function changed(what: string): Error {
  return new Error(
    `the terminal emulator is not @xterm/headless 6.0.0: ${what} is not what it was. Exact snapshots need that very version.`,
  );
}
