/** What Markdown is made of once it is read. Only these can be drawn: there is no HTML among them, and nothing that loads by itself. */

export type Inline =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "code"; readonly text: string }
  | { readonly is: "strong" | "emphasis" | "deleted"; readonly inlines: readonly Inline[] }
  /** `href` is http, https or mailto. */
  | { readonly is: "link"; readonly href: string; readonly inlines: readonly Inline[] }
  | { readonly is: "break" };

export interface ListItem {
  /** Of a task list. */
  readonly isChecked?: boolean;
  readonly blocks: readonly Block[];
}

export type Alignment = "left" | "center" | "right" | undefined;

export type Block =
  | { readonly is: "paragraph"; readonly inlines: readonly Inline[] }
  | { readonly is: "heading"; readonly level: number; readonly inlines: readonly Inline[] }
  | { readonly is: "code"; readonly language: string; readonly text: string }
  | { readonly is: "quote"; readonly blocks: readonly Block[] }
  | { readonly is: "list"; readonly start: number | undefined; readonly isLoose: boolean; readonly items: readonly ListItem[] }
  | {
      readonly is: "table";
      readonly alignments: readonly Alignment[];
      readonly head: readonly (readonly Inline[])[];
      readonly rows: readonly (readonly (readonly Inline[])[])[];
    }
  | { readonly is: "rule" };
