/**
 * How large a letter's cell is at a letter size, measured as xterm.js 6.0.0 measures it, without drawing: so the page knows the
 * outcome before it changes anything.
 */
import type { CellAt } from "./screen-fit.ts";

/** Remembers what it has measured. Without a canvas of its own (old browsers) it answers with the usual proportions. */
export function measureCells(fontFamily: string): CellAt {
  const context = typeof OffscreenCanvas === "undefined" ? null : new OffscreenCanvas(1, 1).getContext("2d");
  const known = new Map<number, { readonly width: number; readonly height: number }>();
  return (fontSize) => {
    const cell = known.get(fontSize) ?? measure(context, fontFamily, fontSize);
    known.set(fontSize, cell);
    return cell;
  };
}

function measure(
  context: OffscreenCanvasRenderingContext2D | null,
  fontFamily: string,
  fontSize: number,
): { width: number; height: number } {
  if (context === null) return { width: fontSize * 0.602, height: Math.ceil(fontSize * 1.2) };
  context.font = `${fontSize}px ${fontFamily}`;
  const letter = context.measureText("W");
  const height = letter.fontBoundingBoxAscent + letter.fontBoundingBoxDescent;
  return { width: letter.width, height: Math.ceil(height * devicePixelRatio) / devicePixelRatio };
}
