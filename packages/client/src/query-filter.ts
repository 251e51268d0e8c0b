/**
 * Takes out of a session's output what a real terminal would answer. The server's screen engine answers every query, once; a
 * terminal that shows the same output must stay silent, or the program would read its answers as typed text. All else passes
 * unchanged, byte for byte. The end of an unfinished escape sequence is held back until it is known to be none of them.
 */
import { type SequenceKind, SequenceSplitter } from "@perdure/protocol";

/** No query is longer; a longer sequence passes. */
const MAX_QUERY_BYTES = 4096;

/** CSI queries by prefix, intermediates and final byte: device attributes, status, modes, keyboard, version, rectangles, graphics. */
const CSI_QUERIES = new Set(["c", ">c", "=c", "n", "?n", "$p", "?$p", ">q", "?u", "x", "?m", "?S", "*y", "$w", "$u", "'|", "&w"]);

/** Window operations that report something. */
const WINDOW_REPORTS = new Set(["11", "13", "14", "15", "16", "18", "19", "20", "21"]);

/** OSC with colours, clipboard, pointer shape or desktop notifications, of which one field asks. */
const OSC_QUERY = /^0*(?:(?:4|5|1[0-9]|22|52)(?=;)(?:;[^;]*)*?;\?|21;(?:[^;]*;)*[^;=]+=\?|1337;Report|99;(?:[^;]*:)?p=\?)/;

/** DECRQSS and XTGETTCAP. */
const DCS_QUERY = /^[$+]q/;

/** The kitty graphics protocol, asked whether it is there. */
const GRAPHICS_QUERY = /^G[^;]*\ba=q/;

/** A stateful filter for one stream of output, to be fed in order. */
export class QueryFilter {
  readonly #splitter = new SequenceSplitter(isQuery, MAX_QUERY_BYTES);

  /** What of `data`, and of what was held back before, can be shown now. May be a view of `data`. */
  filter(data: Uint8Array): Uint8Array {
    const shown: Uint8Array[] = [];
    for (const piece of this.#splitter.split(data)) if (piece.kind === "text" || piece.kind === "overlong") shown.push(piece.bytes);
    return shown.length === 1 ? shown[0]! : join(shown);
  }

  /** Forgets what is held back: a snapshot begins a new stream. */
  reset(): void {
    this.#splitter.reset();
  }
}

function isQuery(kind: SequenceKind, bytes: Uint8Array): boolean {
  switch (kind) {
    case "control":
      return bytes[0] === 0x05; // ENQ
    case "escape":
      return latin1(bytes) === "\x1bZ"; // DECID
    case "csi":
      return isCsiQuery(content(bytes));
    case "osc":
      return OSC_QUERY.test(content(bytes));
    case "dcs":
      return DCS_QUERY.test(content(bytes));
    case "string":
      return GRAPHICS_QUERY.test(content(bytes));
    default:
      return false;
  }
}

function isCsiQuery(sequence: string): boolean {
  const match = /^([<=>?]?)([0-9:;]*)([ -/]*)([@-~])$/.exec(sequence);
  if (!match) return false;
  const [, prefix, parameters, intermediates, final] = match;
  const name = `${prefix}${intermediates}${final}`;
  return CSI_QUERIES.has(name) || (name === "t" && WINDOW_REPORTS.has(parameters!.split(";", 1)[0]!));
}

/** A sequence without its introducer, which has two bytes in either form. Controls and broken characters inside do not count, as in a terminal. */
function content(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(2)) if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
  return text;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
