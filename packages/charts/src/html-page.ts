// One HTML file around charts and tables: nothing is fetched, it reads on light and dark screens and on paper.

import { ChartError } from './chart-error.ts';
import { PAGE_CSS } from './style.ts';
import { type Table, tableOf } from './table.ts';
import { escapeText } from './text.ts';

export type { Table } from './table.ts';

export interface Section {
  heading: string;
  /** Plain text; a blank line starts a new paragraph. */
  text?: string;
  /** Made by a chart of this package: it is not escaped. */
  svg?: string | readonly string[];
  table?: Table;
}

export interface Page {
  title: string;
  /** Under the title: what, when, on which machine. */
  subtitle?: string;
  sections: readonly Section[];
}

/**
 * @returns a whole HTML document; every text is escaped.
 * @throws ChartError for no sections, or a table with ragged rows.
 */
export function htmlPage({ title, subtitle, sections }: Page): string {
  if (sections.length === 0) {
    throw new ChartError(`htmlPage "${title}": expected at least one section, got none.`);
  }
  const name = escapeText(title);
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${name}</title>`,
    `<style>${PAGE_CSS}</style>`,
    '</head>',
    '<body>',
    `<header><h1>${name}</h1>${subtitle ? `<p>${escapeText(subtitle)}</p>` : ''}</header>`,
    '<main>',
    ...sections.map(sectionOf),
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function sectionOf({ heading, text, svg, table }: Section): string {
  const pictures = svg === undefined ? [] : typeof svg === 'string' ? [svg] : svg;
  return [
    '<section>',
    `<h2>${escapeText(heading)}</h2>`,
    ...paragraphs(text),
    ...figuresOf(pictures),
    ...(table ? [tableOf(heading, table)] : []),
    '</section>',
  ].join('\n');
}

const paragraphs = (text = ''): string[] =>
  text
    .split(/\n\s*\n/)
    .filter((part) => part.trim() !== '')
    .map((part) => `<p>${escapeText(part.trim())}</p>`);

/** Several charts stand side by side where the screen has room; each scrolls where it has too little. */
function figuresOf(pictures: readonly string[]): string[] {
  const figures = pictures.map((svg) => `<figure tabindex="0">${svg}</figure>`);
  return figures.length > 1 ? ['<div class="charts">', ...figures, '</div>'] : figures;
}
