/**
 * The web app's files: read from one directory. Files with a hash in their name are kept for ever by browsers, the page itself
 * never.
 */
import * as fs from "node:fs/promises";
import * as path from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
};

/** Serves the app. A path without a file is a route of the app and gets the page. */
export class StaticFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async serve(urlPath: string): Promise<Response> {
    const file = this.#resolve(urlPath);
    const found = file && (await read(file));
    if (file && found) return respond(file, found, urlPath.startsWith("/assets/"));
    if (path.extname(urlPath) !== "") return new Response("Not found\n", { status: 404 });
    const page = path.join(this.#directory, "index.html");
    const html = await read(page);
    if (html) return respond(page, html, false);
    return new Response("The web app is not built. Run `npm run build`.\n", { status: 404 });
  }

  /** The file of a URL's path inside the directory, or `null`. */
  #resolve(urlPath: string): string | null {
    let decoded: string;
    try {
      decoded = decodeURIComponent(urlPath);
    } catch {
      return null;
    }
    const file = path.resolve(this.#directory, `.${path.posix.normalize(`/${decoded}`)}`);
    return file.startsWith(this.#directory + path.sep) ? file : null;
  }
}

async function read(file: string): Promise<Buffer<ArrayBuffer> | null> {
  try {
    return Buffer.from(await fs.readFile(file));
  } catch {
    return null; // no such file, or a directory
  }
}

function respond(file: string, content: Buffer<ArrayBuffer>, isHashed: boolean): Response {
  return new Response(content, {
    headers: {
      "Content-Type": TYPES[path.extname(file)] ?? "application/octet-stream",
      "Cache-Control": isHashed ? "public, max-age=31536000, immutable" : "no-cache",
    },
  });
}
