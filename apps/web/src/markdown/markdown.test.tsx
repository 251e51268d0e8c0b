import { EMPTY_DOCUMENT, parseBlocks, readDocument, safeHref, type MarkdownDocument } from "@perdure/client/markdown";
import * as fc from "fast-check";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { Markdown } from "./markdown.tsx";

/** Without the wrapping, and without the buttons of code. */
function html(text: string): string {
  return renderToStaticMarkup(<Markdown text={text} />)
    .replace(/^<div class="markdown">/, "")
    .replace(/<\/div>$/, "")
    .replaceAll(/<div class="flex.*?<\/button><\/div>/g, "");
}

function link(href: string, text: string): string {
  return `<a href="${href}" target="_blank" rel="noopener noreferrer nofollow">${text}</a>`;
}

describe("what Markdown becomes", () => {
  test("emphasis, code, deletion and their ends", () => {
    expect(html("**bold**, *italic*, `a*b`, ~~gone~~, _so_")).toBe(
      "<p><strong>bold</strong>, <em>italic</em>, <code>a*b</code>, <del>gone</del>, <em>so</em></p>",
    );
    expect(html("***both***")).toBe("<p><em><strong>both</strong></em></p>");
    expect(html("snake_case_name and 2 * 3 * 4")).toBe("<p>snake_case_name and 2 * 3 * 4</p>");
    expect(html("an **unclosed one, a `tick, a *star")).toBe("<p>an **unclosed one, a `tick, a *star</p>");
    expect(html(String.raw`\*not\* and \\`)).toBe(String.raw`<p>*not* and \</p>`);
    expect(html("`` a`b ``")).toBe("<p><code>a`b</code></p>");
    expect(html("**a *b* c**")).toBe("<p><strong>a <em>b</em> c</strong></p>");
  });

  test("headings, rules and breaks", () => {
    expect(html("# One\n## Two ##\ntext\n***\nUnder\n===")).toBe(
      '<p role="heading" aria-level="3" data-level="1">One</p><p role="heading" aria-level="4" data-level="2">Two</p>' +
        '<p>text</p><hr/><p role="heading" aria-level="3" data-level="1">Under</p>',
    );
    expect(html("a  \nb\nc")).toBe("<p>a<br/>b\nc</p>");
    expect(html("#hash is no heading")).toBe("<p>#hash is no heading</p>");
  });

  test("lists, nested, numbered, with gaps and tasks", () => {
    expect(html("- a\n- b\n  - c\n  - d\n- e")).toBe(
      "<ul><li><span>a</span></li><li><span>b</span><ul><li><span>c</span></li><li><span>d</span></li></ul></li><li><span>e</span></li></ul>",
    );
    expect(html("3. a\n4. b")).toBe('<ol start="3"><li><span>a</span></li><li><span>b</span></li></ol>');
    expect(html("- a\n\n- b")).toBe("<ul><li><p>a</p></li><li><p>b</p></li></ul>");
    expect(html("1. a\n   - b\n   - c\n2. d")).toBe(
      '<ol start="1"><li><span>a</span><ul><li><span>b</span></li><li><span>c</span></li></ul></li><li><span>d</span></li></ol>',
    );
    expect(html("- [x] done\n- [ ] open")).toContain(
      '<li class="task"><input type="checkbox" disabled="" readOnly="" aria-label="Task" checked=""/><span>done</span></li>',
    );
    expect(html("text\n- a\nmore\n\nafter")).toBe("<p>text</p><ul><li><span>a\nmore</span></li></ul><p>after</p>");
  });

  test("code keeps its text, also while its fence is open", () => {
    expect(html("```ts\nconst a = `<b>`;\n\n- no list\n```\nafter")).toBe(
      '<div class="code"><pre tabindex="0"><code>const a = `&lt;b&gt;`;\n\n- no list</code></pre></div><p>after</p>',
    );
    expect(html("~~~\n```\n~~~~")).toContain("<code>```</code>");
    expect(html("- a\n  ```\n  x\n  ```\n- b")).toMatch(/<li><span>a<\/span><div class="code"><pre tabindex="0"><code>x<\/code>/);
    expect(html("```\nstill coming")).toContain("<code>still coming</code>");
  });

  test("quotes and tables", () => {
    expect(html("> a\n> - b\n\nc")).toBe("<blockquote><p>a</p><ul><li><span>b</span></li></ul></blockquote><p>c</p>");
    expect(html("| a | b |\n|:--|--:|\n| 1 | `x|y` |\n| \\| |")).toBe(
      '<div class="table"><table><thead><tr><th scope="col" style="text-align:left">a</th><th scope="col" style="text-align:right">b</th></tr></thead>' +
        '<tbody><tr><td style="text-align:left">1</td><td style="text-align:right">`x</td></tr><tr><td style="text-align:left">|</td><td style="text-align:right"></td></tr></tbody></table></div>',
    );
    expect(html("a | b\nno table")).toBe("<p>a | b\nno table</p>");
  });

  test("links go out, and only where they may", () => {
    expect(html('[a](https://x.test/p_(q) "t")')).toBe(`<p>${link("https://x.test/p_(q)", "a")}</p>`);
    expect(html("see https://x.test/a, (https://x.test/b).")).toBe(
      `<p>see ${link("https://x.test/a", "https://x.test/a")}, (${link("https://x.test/b", "https://x.test/b")}).</p>`,
    );
    expect(html("<mailto:a@b.test>")).toContain('href="mailto:a@b.test"');
    expect(html("[a](javascript:alert(1)) [b](data:text/html,x) [c](/relative)")).toBe("<p>a b c</p>");
    expect(html("![a picture](https://x.test/p.png)")).toBe(`<p>${link("https://x.test/p.png", "a picture")}</p>`);
    for (const address of ["javascript:x", "JAVASCRIPT:x", " https://x", "file:///etc", "vbscript:x", "https://", "//x.test"]) {
      expect(safeHref(address)).toBeUndefined();
    }
  });

  test("HTML is words", () => {
    expect(html('<script>alert(1)</script><img src=x onerror="y">')).toBe(
      "<p>&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&quot;y&quot;&gt;</p>",
    );
  });
});

describe("a text that grows", () => {
  const TEXT =
    "# Title\n\nOne *word* after\nanother.\n- a\n- b\n\n  more\n\n```ts\ncode\n\ncode\n```\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quote\n\nEnd";

  test("is the same at every cut as if it had been read at once", () => {
    let document: MarkdownDocument = EMPTY_DOCUMENT;
    for (let end = 0; end <= TEXT.length; end += 1) {
      const text = TEXT.slice(0, end);
      document = readDocument(text, document);
      expect([...document.closed, ...document.open]).toEqual(parseBlocks(text.split("\n")));
    }
  });

  test("never reads a closed block again", () => {
    const first = readDocument(TEXT);
    const second = readDocument(`${TEXT} and more\n\nNew`, first);
    expect(first.closed.length).toBeGreaterThan(4);
    for (const [index, block] of first.closed.entries()) expect(second.closed[index]).toBe(block);
    expect(second.closedText.startsWith(first.closedText)).toBe(true);
  });

  test("is read anew when it is another one", () => {
    const document = readDocument("other\n\ntext", readDocument(TEXT));
    expect([...document.closed, ...document.open]).toEqual(parseBlocks(["other", "", "text"]));
  });

  test("whatever it holds, pieces and the whole agree", () => {
    const piece = fc.constantFrom(
      "- ",
      "1. ",
      "  ",
      "\n",
      "\n\n",
      "```",
      "> ",
      "| a | b |",
      "|---|---|",
      "*",
      "**",
      "word",
      "# ",
      "`",
      "[a](b)",
      "===",
      "    ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        let document = EMPTY_DOCUMENT;
        let text = "";
        for (const next of pieces) {
          text += next;
          document = readDocument(text, document);
        }
        expect([...document.closed, ...document.open]).toEqual(parseBlocks(text.split("\n")));
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

describe("hostile text", () => {
  const MS = 1500;

  test.each([
    ["stars", "*".repeat(100_000)],
    ["stars and words", "*a ".repeat(40_000)],
    ["pairs", "**a _b ".repeat(20_000)],
    ["brackets", "[".repeat(60_000)],
    ["backticks", Array.from({ length: 400 }, (_, index) => `${"`".repeat(index + 1)} `).join("")],
    ["quotes", ">".repeat(50_000)],
    ["nested lists", Array.from({ length: 2000 }, (_, index) => `${" ".repeat(index)}- x`).join("\n")],
    ["a wide table", `${"|a".repeat(20_000)}|\n${"|-".repeat(20_000)}|`],
    ["addresses", "http://".repeat(20_000)],
    ["links", "[a](".repeat(20_000)],
    ["one long line", "x".repeat(1_000_000)],
  ])("%s take no time and do not break the page", (_, text) => {
    const startedAt = performance.now();
    expect(renderToStaticMarkup(<Markdown text={text} />)).not.toBe("");
    expect(performance.now() - startedAt).toBeLessThan(MS);
  });
});
