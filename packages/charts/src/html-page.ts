// One HTML file around charts and tables: nothing is fetched, it reads on light and dark screens and on paper.

import { ChartError } from './chart-error.ts';
import { escapeText } from './escape.ts';
import { FONT } from './style.ts';

export interface Table {
  columns: readonly string[];
  /** Numbers are set to the right. */
  rows: readonly (readonly (string | number)[])[];
}

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
 * @throws ChartError for no sections, a table with ragged rows, or an svg that is none.
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
    ...pictures.map((picture) => pictureOf(heading, picture)),
    ...(table ? [tableOf(heading, table)] : []),
    '</section>',
  ].join('\n');
}

const paragraphs = (text = ''): string[] =>
  text
    .split(/\n\s*\n/)
    .filter((part) => part.trim() !== '')
    .map((part) => `<p>${escapeText(part.trim())}</p>`);

function pictureOf(heading: string, svg: string): string {
  if (svg.startsWith('<svg ')) return `<figure>${svg}</figure>`;
  throw new ChartError(
    `htmlPage: expected the svg of section "${heading}" to start with <svg, got ${JSON.stringify(svg.slice(0, 20))}. Pass what a chart returned.`,
  );
}

function tableOf(heading: string, { columns, rows }: Table): string {
  const ragged = rows.find((row) => row.length !== columns.length);
  if (ragged) {
    throw new ChartError(
      `htmlPage: expected ${columns.length} cells in each row of the table in "${heading}", got ${ragged.length}.`,
    );
  }
  const isNumeric = columns.map(
    (_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'),
  );
  const cells = (tag: 'th' | 'td', row: readonly (string | number)[]) =>
    row
      .map(
        (cell, i) =>
          `<${tag}${isNumeric[i] ? ' class="number"' : ''}>${escapeText(String(cell))}</${tag}>`,
      )
      .join('');
  return [
    '<div class="wide"><table>',
    `<thead><tr>${cells('th', columns)}</tr></thead>`,
    '<tbody>',
    ...rows.map((row) => `<tr>${cells('td', row)}</tr>`),
    '</tbody>',
    '</table></div>',
  ].join('\n');
}

const PAGE_CSS = `
:root{color-scheme:light dark;--ink:#1f2328;--quiet:#59636e;--paper:#fff;--line:#d1d9e0}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6edf3;--quiet:#9aa4af;--paper:#14181d;--line:#343b44}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.25rem 4rem;max-width:1000px;background:var(--paper);color:var(--ink);font:16px/1.55 ${FONT}}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 .3rem}
h2{font-size:1.2rem;margin:2.8rem 0 .5rem;padding-top:.9rem;border-top:1px solid var(--line)}
header p{color:var(--quiet);margin:0}
p{max-width:46rem;margin:.5rem 0}
figure{margin:1.2rem 0;overflow-x:auto}
figure svg{display:block;max-width:100%;height:auto}
.wide{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums}
th,td{padding:.28rem .8rem .28rem 0;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--quiet);font-weight:600}
.number{text-align:right}
@media print{body{max-width:none;padding:0;font-size:11pt}section{break-inside:auto}figure,tr{break-inside:avoid}h2{break-after:avoid}}`.trim();
