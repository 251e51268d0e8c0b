/**
 * Keeps the app inside what is really visible. Where the browser does not shrink the page for a soft keyboard (iOS), the visual
 * viewport tells; a pinch zoom is left alone.
 */
export function followViewport(page: Window): void {
  const viewport = page.visualViewport;
  if (viewport === null) return;
  const root = page.document.documentElement;
  const follow = (): void => {
    if (viewport.scale > 1.01) return;
    const isCovered = page.innerHeight - viewport.height - viewport.offsetTop > 1 || viewport.offsetTop > 1;
    root.style.setProperty("--app-height", isCovered ? `${viewport.height}px` : "100dvh");
    root.style.setProperty("--app-top", isCovered ? `${viewport.offsetTop}px` : "0px");
  };
  viewport.addEventListener("resize", follow);
  viewport.addEventListener("scroll", follow);
  follow();
}
