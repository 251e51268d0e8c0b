// Runs in the page, as text: functions that know each other and nothing else. What a person would call cut off, covered, too small for a
// finger or too pale to read, measured on what the browser has laid out and hits.

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

/** One line for each thing that is wrong. `touchPx`: what a finger needs; 0: there is none. */
function lookAt(touchPx: number): string[] {
  // Behind an open dialog nothing can be reached.
  const all = document.querySelector("dialog:modal") ?? document;
  const controls = [...all.querySelectorAll("a[href], button, select, textarea, input:not([type=hidden]), [role=option]")].filter(
    (one) => isShown(one) && one.closest(":disabled, [inert]") === null,
  );
  return [
    ...wrongFrame(),
    ...(touchPx === 0 ? [] : controls.flatMap((one) => wrongReach(one, touchPx))),
    ...controls.flatMap((one, at) => controls.slice(at + 1).flatMap((other) => wrongPair(one, other))),
    ...paleTexts(),
    ...[...document.body.querySelectorAll("*")].flatMap(wrongClip),
  ];
}

function nameOf(element: Element): string {
  const words = element.getAttribute("aria-label") ?? element.textContent ?? "";
  return `<${element.tagName.toLowerCase()}> "${words.trim().replaceAll(/\s+/g, " ").slice(0, 50)}"`;
}

function isShown(element: Element): boolean {
  const { width, height, top, left, bottom, right } = element.getBoundingClientRect();
  const isInView = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  return width > 1 && height > 1 && isInView && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
}

/** The part of an element that is not clipped by what scrolls around it. */
function shownRect(element: Element): DOMRect {
  let { top, left, bottom, right } = element.getBoundingClientRect();
  for (let box = element.parentElement; box !== null; box = box.parentElement) {
    if (getComputedStyle(box).overflow === "visible") continue;
    const clip = box.getBoundingClientRect();
    top = Math.max(top, clip.top);
    left = Math.max(left, clip.left);
    bottom = Math.min(bottom, clip.bottom);
    right = Math.min(right, clip.right);
  }
  return new DOMRect(left, top, Math.max(0, right - left), Math.max(0, bottom - top));
}

/** Only lists scroll, and only one way. */
function wrongFrame(): string[] {
  const { scrollWidth, scrollHeight } = document.documentElement;
  const problems: string[] = [];
  if (scrollWidth > innerWidth + 1) problems.push(`the page is ${scrollWidth} px wide in a view of ${innerWidth}`);
  if (scrollHeight > innerHeight + 1) problems.push(`the page itself scrolls: ${scrollHeight} px in a view of ${innerHeight}`);
  for (const box of document.querySelectorAll(".overflow-y-auto:not(textarea)"))
    if (isShown(box) && box.scrollWidth > box.clientWidth + 1) problems.push(`${nameOf(box)} can be pulled sideways`);
  return problems;
}

function wrongReach(control: Element, touchPx: number): string[] {
  // Links in running text are as high as their line.
  if (getComputedStyle(control).display === "inline") return [];
  const { width, height } = control.getBoundingClientRect();
  const rect = shownRect(control);
  // What is half out of sight is not tapped there.
  if (rect.width < width - 1 || rect.height < height - 1) return [];
  const [x, y, half] = [rect.left + rect.width / 2, rect.top + rect.height / 2, touchPx / 2 - 1];
  if (!isHit(control, x, y)) return [`${nameOf(control)} is covered where it is tapped`];
  const problems: string[] = [];
  if (!isHit(control, x, y - half) || !isHit(control, x, y + half))
    problems.push(`${nameOf(control)} is too low for a finger (${Math.round(height)} px)`);
  if (!isHit(control, x - half, y) || !isHit(control, x + half, y))
    problems.push(`${nameOf(control)} is too narrow for a finger (${Math.round(width)} px)`);
  return problems;
}

/** Is it this that is tapped there? Outside of the view nothing is. */
function isHit(control: Element, x: number, y: number): boolean {
  if (x < 1 || y < 1 || x > innerWidth - 1 || y > innerHeight - 1) return true;
  const hit = document.elementFromPoint(x, y);
  if (hit === null) return false;
  const label = hit.closest("label");
  return control.contains(hit) || (label !== null && label.control === control);
}

function wrongPair(one: Element, other: Element): string[] {
  if (one.contains(other) || other.contains(one) || layerOf(one) !== layerOf(other)) return [];
  const [a, b] = [shownRect(one), shownRect(other)];
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 2 && height > 2 ? [`${nameOf(one)} and ${nameOf(other)} overlap`] : [];
}

/** What floats above the rest does so on purpose. */
function layerOf(element: Element): Element | null {
  for (let box: Element | null = element; box !== null; box = box.parentElement) {
    const { position } = getComputedStyle(box);
    if (box.matches("dialog, [popover]") || position === "absolute" || position === "fixed") return box;
  }
  return null;
}

function wrongClip(element: Element): string[] {
  const { overflowX, textOverflow, webkitLineClamp } = getComputedStyle(element);
  if ((overflowX !== "hidden" && overflowX !== "clip") || textOverflow === "ellipsis" || webkitLineClamp !== "none") return [];
  const hasText = [...element.childNodes].some(({ nodeType, textContent }) => nodeType === 3 && (textContent ?? "").trim() !== "");
  if (!hasText || !isShown(element) || element.closest(".sr-only") !== null) return [];
  return element.scrollWidth > element.clientWidth + 1 ? [`${nameOf(element)} is cut off on the right`] : [];
}

/** In a terminal the colours are the program's. */
function paleTexts(): string[] {
  const pale = new Set<string>();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const [element, text] = [node.parentElement, node.textContent?.trim() ?? ""];
    if (element === null || text === "" || !isShown(element) || element.closest(":disabled, option, .sr-only, .xterm") !== null) continue;
    if (shownRect(element).height < 2) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const size = Number.parseFloat(fontSize);
    const least = size >= 24 || (size >= 18.6 && Number(fontWeight) >= 700) ? 3 : 4.5;
    const below = backgroundOf(element);
    const [red, green, blue, alpha] = colourOf(color);
    const contrast = contrastOf(mixed([red, green, blue, alpha * opacityOf(element)], below), below);
    if (contrast < least) pale.add(`"${text.slice(0, 40)}" has a contrast of ${contrast.toFixed(2)}`);
  }
  return [...pale];
}

/** A colour of a style sheet, of whatever colour space, as it is drawn. */
function colourOf(css: string): Colour {
  const canvas = document.createElement("canvas");
  canvas.width = 1;
  canvas.height = 1;
  const context = canvas.getContext("2d");
  if (context === null) return [0, 0, 0, 1];
  context.fillStyle = css;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
}

function mixed([red, green, blue, alpha]: Colour, [x, y, z]: Colour): Colour {
  return [red * alpha + x * (1 - alpha), green * alpha + y * (1 - alpha), blue * alpha + z * (1 - alpha), 1];
}

function backgroundOf(element: Element): Colour {
  const layers: Colour[] = [];
  for (let box: Element | null = element; box !== null && (layers.at(-1)?.[3] ?? 0) < 0.999; box = box.parentElement) {
    const { backgroundColor } = getComputedStyle(box);
    if (backgroundColor !== "rgba(0, 0, 0, 0)") layers.push(colourOf(backgroundColor));
  }
  return layers.reduceRight<Colour>((below, layer) => mixed(layer, below), colourOf("Canvas"));
}

function opacityOf(element: Element): number {
  let opacity = 1;
  for (let box: Element | null = element; box !== null; box = box.parentElement) opacity *= Number(getComputedStyle(box).opacity);
  return opacity;
}

function contrastOf(a: Colour, b: Colour): number {
  const [light = 0, dark = 0] = [luminanceOf(a), luminanceOf(b)].toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminanceOf([red, green, blue]: Colour): number {
  const [r = 0, g = 0, b = 0] = [red, green, blue].map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const geometry = [nameOf, isShown, shownRect, wrongFrame, wrongReach, isHit, wrongPair, layerOf, wrongClip];
const colours = [paleTexts, colourOf, mixed, backgroundOf, opacityOf, contrastOf, luminanceOf];

/** The whole as text that the page can be told. */
export function lookingAt(touchPx: number): string {
  return `(() => {\n${[lookAt, ...geometry, ...colours].map(String).join("\n")}\nreturn lookAt(${touchPx});\n})()`;
}
