/**
 * The whole state of an emulator, field by field: a walk over everything it holds, but for what is excluded below with a reason. Two
 * terminals with the same state show the same and will read later output alike. It stands alone, without imports, because tests run
 * it in the page's terminal, too.
 */

/** Paths that are not walked, and why. A path names fields, `*` any one of them; what lies below is excluded with it. */
export const EXCLUDED: Readonly<Record<string, string>> = {
  _store: "listeners",
  "*._store": "listeners",
  "*.*._store": "listeners",
  "_inputHandler._parser._store": "listeners",
  _instantiationService: "finds the services, which are walked themselves",
  _windowsWrappingHeuristics: "for Windows alone",
  _writeBuffer: "what is not parsed yet; tests wait for it",
  _logService: "no state",
  "*._logService": "no state",
  _addonManager: "what was loaded into the terminal",
  "optionsService.options": "the same as rawOptions",
  "_bufferService._cachedBlankLine": "made anew when it does not fit",
  "_bufferService.isUserScrolling": "where somebody looks, not what there is",
  "_bufferService.buffers._bufferService": "walked itself",
  "_bufferService.buffers._optionsService": "walked itself",
  "coreService.isCursorInitialized": "whether the terminal has had the focus",
  "coreMouseService._lastEvent": "what somebody did with the mouse",
  "coreMouseService._wheelPartialScroll": "what somebody did with the wheel",
  "coreMouseService._protocols": "tables",
  "coreMouseService._encodings": "tables",
  "unicodeService._providers": "tables",
  "unicodeService._activeProvider": "named by the active version",
  "_oscLinkService._nextId": "a handle; links are compared by where they lead",
  "_oscLinkService._entriesWithId": "links are compared in the cells that carry them",
  "_oscLinkService._dataByLinkId": "links are compared in the cells that carry them",
  "_inputHandler._parseBuffer": "scratch",
  "_inputHandler._stringDecoder": "bytes are written, not strings",
  "_inputHandler._utf8Decoder": "the splitter hands over whole characters; what lies here cannot become one",
  "_inputHandler._dirtyRowTracker": "what to draw again",
  "_inputHandler._eraseAttrDataInternal": "made from the pen whenever it is used",
  "_inputHandler._parseStack": "used between asynchronous handlers, of which there are none",
  "_inputHandler._specialColors": "a table",
  "_inputHandler._parser._transitions": "a table",
  "_inputHandler._parser._params": "cleared by the next sequence",
  "_inputHandler._parser._collect": "cleared by the next sequence",
  "_inputHandler._parser._parseStack": "used between asynchronous handlers, of which there are none",
  "_inputHandler._parser._oscParser": "cleared by the next sequence",
  "_inputHandler._parser._dcsParser": "cleared by the next sequence",
  "_inputHandler._parser._executeHandlers": "tables",
  "_inputHandler._parser._csiHandlers": "tables",
  "_inputHandler._parser._escHandlers": "tables",
};

/** Settings of the terminal that output can change; the others are its owner's. */
const OPTIONS_OF_OUTPUT = ["convertEol", "cursorBlink"];

/** Of a screen: scratch, and what follows from the rest. */
const EXCLUDED_OF_BUFFER: Readonly<Record<string, string>> = {
  _bufferService: "walked itself",
  _optionsService: "walked itself",
  _hasScrollback: "never changes",
  _nullCell: "scratch",
  _whitespaceCell: "scratch",
  _isClearing: "scratch",
  _memoryCleanupQueue: "scratch",
  _memoryCleanupPosition: "scratch",
  _cols: "the size of the terminal",
  _rows: "the size of the terminal",
  ydisp: "where somebody looks, not what there is",
  markers: "where links were written: a link is forgotten with its last marker, which is compared in the cells",
};

export interface StateOptions {
  /** Rows above the main screen that are compared; the last ones. */
  readonly rowsAbove?: number;
  /** `false`: as if no cell led anywhere. */
  readonly hasLinks?: boolean;
}

interface Line {
  readonly isWrapped: boolean;
  readonly _data: Uint32Array;
  readonly _combined: Readonly<Record<number, string>>;
  readonly _extendedAttrs: Readonly<Record<number, { readonly _ext: number; readonly _urlId: number } | undefined>>;
}

type Fields = Readonly<Record<string, unknown>>;
type Links = { getLinkData(id: number): { readonly id?: string; readonly uri: string } | undefined };

/** `core`: the emulator inside a terminal. Every field by its path, every row by its number. */
export function engineState(core: unknown, options: StateOptions = {}): Record<string, string> {
  const state: Record<string, string> = {};
  const links = options.hasLinks === false ? null : (core as { readonly _oscLinkService: Links })._oscLinkService;
  const seen = new Map<object, string>();
  const excluded = Object.keys(EXCLUDED).map((path) => path.split("."));
  const isExcluded = (path: readonly string[]) =>
    excluded.some((each) => each.length === path.length && each.every((name, index) => name === "*" || name === path[index]));

  function walk(value: unknown, path: readonly string[]): void {
    const name = path.at(-1) ?? "";
    if (typeof value === "function" || /^_?on[A-Z]/.test(name) || isExcluded(path)) return;
    const key = path.join(".");
    if (typeof value !== "object" || value === null) state[key] = String(value);
    else if (/charset$/i.test(name)) state[key] = charset(value);
    else if (seen.has(value)) state[key] = `the same as ${seen.get(value)}`;
    else {
      seen.set(value, key);
      if (isBuffer(value)) walkBuffer(value, path);
      else if (name === "_charsets") for (let set = 0; set < 4; set++) state[`${key}.${set}`] = charset((value as unknown[])[set]);
      else if (isAttributes(value)) state[key] = attributes(value, links);
      else if (name === "rawOptions") for (const option of OPTIONS_OF_OUTPUT) state[`${key}.${option}`] = String((value as Fields)[option]);
      else for (const field of Object.keys(value)) walk((value as Fields)[field], [...path, field]);
    }
  }

  function walkBuffer(buffer: Fields, path: readonly string[]): void {
    const { active, normal } = (core as { readonly _bufferService: { readonly buffers: Fields } })._bufferService.buffers;
    const isActive = buffer === active;
    const isMain = buffer === normal;
    const key = path.join(".");
    const { cols } = (core as { readonly _bufferService: { readonly cols: number } })._bufferService;
    const { ybase, savedY, lines, tabs } = buffer as { ybase: number; savedY: number; lines: Lines; tabs: Record<number, boolean> };
    const first = Math.max(0, ybase - ((isMain ? options.rowsAbove : undefined) ?? Infinity));
    for (const field of Object.keys(buffer)) {
      if (field in EXCLUDED_OF_BUFFER || /^_?on[A-Z]/.test(field)) continue;
      if (field === "lines") walkLines(lines, first, key);
      else if (field === "ybase") state[`${key}.ybase`] = String(ybase - first);
      else if (field === "savedY") state[`${key}.savedY`] = String(savedY - first);
      else if (field === "savedX") state[`${key}.savedX`] = String(Math.min(buffer[field] as number, cols - 1)); // restored no further
      else if (field === "tabs") state[`${key}.tabs`] = tabStops(tabs);
      else if (!isActive && (field === "x" || (field === "y" && !isMain))) continue; // taken over from the other screen; of the main one only the row counts meanwhile
      else walk(buffer[field], [...path, field]);
    }
  }

  function walkLines(lines: Lines, first: number, key: string): void {
    const { cols } = (core as { readonly _bufferService: { readonly cols: number } })._bufferService;
    state[`${key}.lines.length`] = String(lines.length - first);
    for (let index = first; index < lines.length; index++) {
      state[`${key}.lines.${index - first}`] = row(lines.get(index), cols, links);
    }
  }

  walk(core, []);
  return state;
}

function tabStops(tabs: Readonly<Record<number, boolean>>): string {
  return Object.keys(tabs)
    .filter((column) => tabs[Number(column)])
    .join();
}

interface Lines {
  readonly length: number;
  get(index: number): Line | undefined;
}

function isBuffer(value: object): value is Fields {
  return "savedCurAttrData" in value && "lines" in value;
}

interface Attributes {
  readonly fg: number;
  readonly bg: number;
  readonly extended: { readonly _ext: number; readonly _urlId: number };
}

function isAttributes(value: object): value is Attributes {
  return "fg" in value && "bg" in value && "extended" in value;
}

function attributes({ fg, bg, extended }: Attributes, links: Links | null): string {
  return `${(fg >>> 0).toString(16)} ${(bg >>> 0).toString(16)} ${(extended._ext >>> 0).toString(16)} ${link(extended._urlId, links)}`;
}

function charset(table: unknown): string {
  return typeof table === "object" && table !== null ? JSON.stringify(Object.entries(table)) : "ASCII";
}

function link(number: number, links: Links | null): string {
  if (number === 0 || !links) return "";
  const data = links.getLinkData(number);
  return data ? `link ${data.id ?? ""};${data.uri}` : "forgotten link";
}

const HAS_EXTENDED = 0x10000000;
const IS_COMBINED = 0x200000;

/** One entry for each cell; of equal neighbours the first, with their number. What a narrower screen hides has no effect but on editing and widening. */
function row(line: Line | undefined, cols: number, links: Links | null): string {
  if (!line) return "none";
  const cells: string[] = [];
  let before = 0;
  for (let column = 0; column < cols; column++) {
    const [content = 0, fg = 0, bg = 0] = line._data.subarray(column * 3, column * 3 + 3);
    const extended = bg & HAS_EXTENDED ? line._extendedAttrs[column] : undefined;
    const text = content & IS_COMBINED ? line._combined[column] : content & 0x1fffff ? String.fromCodePoint(content & 0x1fffff) : "";
    const number = extended?._urlId ?? 0;
    const isSame = number !== 0 && number === before && links?.getLinkData(number) ? " on" : "";
    const look = fg || bg ? ` ${fg.toString(16)} ${bg.toString(16)}` : "";
    const more = extended ? ` ${(extended._ext >>> 0).toString(16)} ${link(number, links)}${isSame}` : "";
    cells.push(`${text}/${content >> 22}${look}${more}`);
    before = number;
  }
  return `${line.isWrapped ? "+" : " "}${runs(cells).join("|")}`;
}

function runs(cells: readonly string[]): string[] {
  const short: string[] = [];
  for (let index = 0; index < cells.length;) {
    let count = 1;
    while (cells[index + count] === cells[index]) count++;
    short.push(count === 1 ? cells[index]! : `${count}*${cells[index]}`);
    index += count;
  }
  return short;
}

/** Fields that differ: what they are in the first, and in the second. */
export function difference(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): Record<string, readonly [string | undefined, string | undefined]> {
  const differing: Record<string, readonly [string | undefined, string | undefined]> = {};
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
    if ((a[key] ?? "undefined") !== (b[key] ?? "undefined")) differing[key] = [a[key], b[key]];
  return differing;
}
