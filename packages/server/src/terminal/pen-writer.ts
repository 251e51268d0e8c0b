/**
 * Moves the pen of the terminal that reads a snapshot: attributes, protection and link. It knows what that pen is at every moment and
 * writes only changes. Restoring a cursor brings back two of the emulator's four parts of a pen, so programs get pens there that no
 * SGR leads to: they are made the same way, by saving and restoring the cursor.
 */
import { change, COLOUR, EXTENDED, has, PLAIN_PEN, PROTECTED, sgr, UNDERLINED } from "./pen.ts";
import type { Link, Pen } from "./screen-state.ts";

const SAVE = "\x1b7";
const RESTORE = "\x1b8";
const LINK_END = "\x1b]8;;\x1b\\";
/** Leads nowhere: what makes a pen carry a link while the cursor is saved, and what becomes a link that is forgotten. */
const ANY_LINK = "\x1b]8;;x\x1b\\";
/** A link that begins on the alternate screen is forgotten with it. */
const VISIT = "\x1b[?47h";
const END_VISIT = "\x1b[?47l";
const FORGOTTEN_LINK = `${VISIT}${ANY_LINK}${END_VISIT}`;
const FORGOTTEN = -1;
const SOME = -2;

export class PenWriter {
  readonly #link: (number: number) => Link | null;
  readonly #current: { -readonly [K in keyof Pen]: Pen[K] } = { ...PLAIN_PEN };
  /** The alternate screen is shown: it cannot be used to forget a link. */
  isAlternate = false;
  /** The alternate screen's saved cursor was used on the way to a pen. */
  used = false;
  #isVisiting = false;

  constructor(link: (number: number) => Link | null) {
    this.#link = link;
  }

  get background(): number {
    return this.#current.bg & COLOUR;
  }

  /** Exactly this pen. Where no SGR leads to it the cursor is saved and restored on the way, so it must not wait behind the last column. */
  to(pen: Pen): string {
    const target = { ...pen, link: this.#known(pen.link) };
    if (isSame(this.#current, target)) return "";
    if (isPlainlyReachable(target)) return this.#plainly(target);
    return this.#aroundSaved(target);
  }

  /** True if {@link to} gets there without touching the saved cursor. */
  isSimple(pen: Pen): boolean {
    return isPlainlyReachable(pen);
  }

  /** True if {@link toCell} has nothing to do, or gets there without touching the saved cursor. */
  isNear(cell: Pen): boolean {
    return isPlainlyReachable(cell) || isSame(this.#current, cell);
  }

  /** The pen of a cell. What the emulator does not keep with the cell is chosen so that little changes. */
  toCell(cell: Pen): string {
    if (has(cell.bg, EXTENDED)) return this.to(cell);
    const { fg, bg, underlineColour } = this.#current;
    const isKept = fg === cell.fg && bg === cell.bg;
    return isKept ? "" : this.to({ fg: cell.fg, bg: cell.bg, underline: 0, underlineColour: isKept ? underlineColour : 0, link: 0 });
  }

  /** Any pen with this background, which is what erasing leaves behind. */
  toErase(background: number): string {
    return this.background === background ? "" : this.to({ ...PLAIN_PEN, bg: background });
  }

  /** Any pen that saves these two parts with the cursor. */
  toSave(fg: number, bg: number): string {
    if (this.#current.fg === fg && this.#current.bg === bg) return "";
    const isExtended = has(bg, EXTENDED);
    if (has(fg, UNDERLINED)) return this.to({ ...PLAIN_PEN, fg, bg, underline: isExtended ? 1 : 0 });
    return this.to({ ...PLAIN_PEN, fg, bg, link: isExtended ? SOME : 0 });
  }

  /** As {@link to}, but never by way of the saved cursor: flags that do not follow from the underline's style are given up. */
  toNearest(pen: Pen): string {
    const target = { ...pen, link: this.#known(pen.link) };
    return isSame(this.#current, target) ? "" : this.#plainly(followed(target));
  }

  /** Another link of the same number begins: the open one is closed. */
  endLink(): string {
    return this.#current.link === 0 ? "" : this.to({ ...PLAIN_PEN });
  }

  /**
   * Exactly this pen, by restoring the cursor that is saved, with `saved` in it; `null` if that does not lead there. The cursor moves,
   * and the character set becomes the saved one.
   */
  viaSaved(pen: Pen, saved: Pick<Pen, "fg" | "bg">): string | null {
    const target = { ...pen, link: this.#known(pen.link) };
    if (isPlainlyReachable(target)) {
      this.#assign({ ...this.#current, fg: saved.fg, bg: saved.bg });
      return RESTORE + this.#plainly(target);
    }
    const isLinkLast = has(target.bg, EXTENDED) === isExtendedBy(target);
    if (has(saved.fg, UNDERLINED) !== has(target.fg, UNDERLINED)) return null;
    if (!isLinkLast && has(saved.bg, EXTENDED) !== has(target.bg, EXTENDED)) return null;
    const before = this.#plainly(regular({ ...target, link: isLinkLast ? 0 : target.link }));
    const after = change(saved, target) + protection(saved.bg, target.bg) + (isLinkLast ? this.#linkTo(target.link) : "");
    this.#assign(target);
    return before + RESTORE + after;
  }

  #known(link: number): number {
    return link > 0 && this.#link(link) === null ? FORGOTTEN : link;
  }

  #plainly(target: Pen): string {
    const current = this.#current;
    let text = "";
    if (target.link !== current.link) text += this.#linkTo(target.link);
    const isWeird = !isPlainlyReachable({ ...current });
    const { fg, bg, underline, underlineColour } = target;
    const isSgrSame =
      !isWeird &&
      current.fg === fg &&
      ((current.bg ^ bg) & ~(PROTECTED | EXTENDED)) === 0 &&
      current.underline === underline &&
      current.underlineColour === underlineColour;
    if (!isSgrSame) text += sgr(target) + protection(0, bg);
    else text += protection(current.bg, bg);
    this.#assign(target);
    return text;
  }

  /**
   * Saves flags that do not follow from the underline's style, sets the style, and restores the flags. From the main screen this is done
   * on the other one, where nothing is saved yet. A link that began there would end there, so it begins afterwards.
   */
  #aroundSaved(target: Pen): string {
    const isVisit = !this.isAlternate && !this.#isVisiting;
    const unlinked = { ...target, link: 0 };
    this.used = this.used || isVisit || this.isAlternate;
    this.#isVisiting = this.#isVisiting || isVisit;
    const isFollowed = has(target.bg, EXTENDED) === isExtendedBy(unlinked);
    const bg = isFollowed ? (has(target.fg, UNDERLINED) ? target.bg | EXTENDED : target.bg & ~EXTENDED) : target.bg;
    const saved = this.toSave(target.fg, bg >>> 0) + SAVE;
    const text = saved + (this.viaSaved(unlinked, { fg: target.fg, bg: bg >>> 0 }) ?? "");
    if (isVisit) this.#isVisiting = false;
    const link = target.link === 0 ? "" : this.#linkTo(target.link);
    this.#assign(target);
    return (isVisit ? `${VISIT}${text}${END_VISIT}` : text) + link;
  }

  #linkTo(number: number): string {
    if (number === 0) return LINK_END;
    if (number === SOME) return ANY_LINK;
    const link = number === FORGOTTEN ? null : this.#link(number);
    if (link) return `\x1b]8;${link.id === undefined ? "" : `id=${link.id}`};${link.uri}\x1b\\`;
    return this.isAlternate || this.#isVisiting ? ANY_LINK : FORGOTTEN_LINK;
  }

  #assign(pen: Pen): void {
    Object.assign(this.#current, pen);
  }
}

function isSame(a: Pen, b: Pen): boolean {
  return a.fg === b.fg && a.bg === b.bg && a.underline === b.underline && a.underlineColour === b.underlineColour && a.link === b.link;
}

function isExtendedBy({ underline, link }: Pen): boolean {
  return underline > 0 || link !== 0;
}

/** The two flags follow from style and link, as SGR and OSC 8 leave them. */
function isPlainlyReachable(pen: Pen): boolean {
  return has(pen.fg, UNDERLINED) === pen.underline > 0 && has(pen.bg, EXTENDED) === isExtendedBy(pen);
}

/** With the two flags as they follow. */
function followed(pen: Pen): Pen {
  const fg = pen.underline > 0 ? pen.fg | UNDERLINED : pen.fg & ~UNDERLINED;
  const bg = isExtendedBy(pen) ? pen.bg | EXTENDED : pen.bg & ~EXTENDED;
  return { ...pen, fg: fg >>> 0, bg: bg >>> 0 };
}

function regular(pen: Pen): Pen {
  const fg = (pen.underline > 0 ? UNDERLINED : 0) >>> 0;
  return {
    ...PLAIN_PEN,
    fg,
    bg: isExtendedBy(pen) ? EXTENDED : 0,
    underline: pen.underline,
    underlineColour: pen.underlineColour,
    link: pen.link,
  };
}

function protection(from: number, to: number): string {
  if (has(from, PROTECTED) === has(to, PROTECTED)) return "";
  return has(to, PROTECTED) ? '\x1b[1"q' : '\x1b[0"q';
}
