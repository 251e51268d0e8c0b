/** A QR code as one path, dark on light in both colour schemes: cameras expect it so. */
import { useMemo, type ReactElement } from "react";
import { encode } from "uqr";

export function QrCode({ text }: { readonly text: string }): ReactElement {
  const { size, path } = useMemo(() => draw(text), [text]);
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label="QR code of the link"
      className="aspect-square w-full max-w-60 rounded-xl bg-white"
      shapeRendering="crispEdges"
    >
      <path d={path} fill="#1b1a17" />
    </svg>
  );
}

function draw(text: string): { readonly size: number; readonly path: string } {
  const { size, data } = encode(text, { ecc: "M", border: 4 });
  const path = data.map((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")).join("")).join("");
  return { size, path };
}
