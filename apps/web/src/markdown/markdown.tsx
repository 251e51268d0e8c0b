/** Markdown drawn: of a text that grows, closed blocks are neither parsed nor drawn again. What it may hold: blocks.ts. */
import { readDocument, type Block, type Inline, type ListItem } from "@perdure/client/markdown";
import { memo, useState, type NamedExoticComponent, type ReactElement, type ReactNode } from "react";
import { CodeBlock } from "./code-block.tsx";

interface MarkdownProps {
  readonly text: string;
}

export const Markdown: NamedExoticComponent<MarkdownProps> = memo(function Markdown({ text }: MarkdownProps): ReactElement {
  const [last, setLast] = useState(() => readDocument(text));
  const document = last.text === text ? last : readDocument(text, last);
  if (document !== last) setLast(document);
  return <div className="markdown">{drawChunks([...document.closed, ...document.open])}</div>;
});

const CHUNK_BLOCKS = 32;

/** Of a long text, React looks at the last chunk only. A block keeps its chunk, so that nothing is drawn anew when it is closed. */
function drawChunks(blocks: readonly Block[]): ReactNode {
  const chunks = Array.from({ length: Math.ceil(blocks.length / CHUNK_BLOCKS) }, (_, at) =>
    blocks.slice(at * CHUNK_BLOCKS, (at + 1) * CHUNK_BLOCKS),
  );
  return inPlace(chunks, (chunk, place) => <Chunk key={place} blocks={chunk} />);
}

const Chunk: NamedExoticComponent<{ readonly blocks: readonly Block[] }> = memo(
  function Chunk({ blocks }: { readonly blocks: readonly Block[] }): ReactNode {
    return drawBlocks(blocks);
  },
  (before, after) => before.blocks.length === after.blocks.length && before.blocks.every((block, at) => block === after.blocks[at]),
);

const BlockView: NamedExoticComponent<{ readonly block: Block }> = memo(function BlockView({
  block,
}: {
  readonly block: Block;
}): ReactNode {
  switch (block.is) {
    case "paragraph":
      return <p>{drawInlines(block.inlines)}</p>;
    case "heading":
      return (
        // The page's own headings stay above those of an answer.
        <p role="heading" aria-level={Math.min(6, block.level + 2)} data-level={block.level}>
          {drawInlines(block.inlines)}
        </p>
      );
    case "code":
      return <CodeBlock language={block.language} text={block.text} />;
    case "quote":
      return <blockquote>{drawBlocks(block.blocks)}</blockquote>;
    case "list":
      return <ListView list={block} />;
    case "table":
      return <TableView table={block} />;
    case "rule":
      return <hr />;
  }
});

/** Nothing is moved within a text: the place of a piece is its name. */
function inPlace<T>(pieces: readonly T[], draw: (piece: T, place: number) => ReactNode): ReactNode {
  return Array.from(pieces, draw);
}

function drawBlocks(blocks: readonly Block[]): ReactNode {
  return inPlace(blocks, (block, place) => <BlockView key={place} block={block} />);
}

function ListView({ list }: { readonly list: Extract<Block, { is: "list" }> }): ReactElement {
  const items = inPlace(list.items, (item, place) => (
    <li key={place} className={item.isChecked === undefined ? undefined : "task"}>
      {item.isChecked !== undefined && <input type="checkbox" checked={item.isChecked} disabled readOnly aria-label="Task" />}
      <ItemBody item={item} isLoose={list.isLoose} />
    </li>
  ));
  return list.start === undefined ? <ul>{items}</ul> : <ol start={list.start}>{items}</ol>;
}

/** In a tight list the words of an item are no paragraph. */
function ItemBody({ item, isLoose }: { readonly item: ListItem; readonly isLoose: boolean }): ReactNode {
  const [first, ...rest] = item.blocks;
  if (isLoose || first?.is !== "paragraph") return drawBlocks(item.blocks);
  return (
    <>
      <span>{drawInlines(first.inlines)}</span>
      {drawBlocks(rest)}
    </>
  );
}

function TableView({ table }: { readonly table: Extract<Block, { is: "table" }> }): ReactElement {
  const style = (column: number): { readonly textAlign?: "left" | "center" | "right" } => {
    const textAlign = table.alignments[column];
    return textAlign === undefined ? {} : { textAlign };
  };
  return (
    <div className="table">
      <table>
        <thead>
          <tr>
            {inPlace(table.head, (cell, column) => (
              <th key={column} scope="col" style={style(column)}>
                {drawInlines(cell)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {inPlace(table.rows, (row, place) => (
            <tr key={place}>
              {inPlace(row, (cell, column) => (
                <td key={column} style={style(column)}>
                  {drawInlines(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function drawInlines(inlines: readonly Inline[]): ReactNode {
  return inPlace(inlines, (inline, place) => <InlineView key={place} inline={inline} />);
}

function InlineView({ inline }: { readonly inline: Inline }): ReactNode {
  switch (inline.is) {
    case "text":
      return inline.text;
    case "code":
      return <code>{inline.text}</code>;
    case "strong":
      return <strong>{drawInlines(inline.inlines)}</strong>;
    case "emphasis":
      return <em>{drawInlines(inline.inlines)}</em>;
    case "deleted":
      return <del>{drawInlines(inline.inlines)}</del>;
    case "link":
      return (
        <a href={inline.href} target="_blank" rel="noopener noreferrer nofollow">
          {drawInlines(inline.inlines)}
        </a>
      );
    case "break":
      return <br />;
  }
}
