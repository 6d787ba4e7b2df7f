// Where the tables of a report stand in a document: between a marker that names it and one that ends it.

import { ArgumentError } from '@vulpes/tensor-core';
import { markdownTables } from './markdown.ts';
import type { BenchReport } from './report.ts';

/** Alone on its line: prose may speak of markers. */
const MARKER = /^[ \t]*(<!-- (?:bench (\S+)|\/bench) -->)[ \t]*\r?$/gm;

export interface TablesOfReport {
  /** Of the report, as the document reaches it. */
  readonly path: string;
  /** The text from the first marker to the end of the last one, with lines that end in `\n`. */
  readonly block: string;
}

interface Place {
  readonly path: string;
  /** Characters of the document, from and up to. */
  readonly from: number;
  readonly to: number;
}

/**
 * Reports that a document has tables of, with the text that stands there.
 * @throws ArgumentError where a marker is missing, with the line
 */
export const tablesIn = (document: string): TablesOfReport[] =>
  placesIn(document).map(({ path, from, to }) => ({
    path,
    block: document.slice(from, to).replaceAll('\r\n', '\n'),
  }));

/** A report's tables between their markers. @throws ArgumentError where the path holds white space */
export function markedTables(report: BenchReport, path: string): string {
  if (!/\s/.test(path)) {
    return `<!-- bench ${path} -->\n${markdownTables(report, path)}\n<!-- /bench -->`;
  }
  throw new ArgumentError(
    `bench tables: expected a path without blanks, which a document names in its marker, got '${path}'. Rename the report or its folder.`,
  );
}

/**
 * The document with this report's tables in place of those that it has, or at its end; lines end as the document's do.
 * @throws ArgumentError where a marker is missing, or the path holds white space
 */
export function withTables(document: string, report: BenchReport, path: string): string {
  const lineEnd = document.includes('\r\n') ? '\r\n' : '\n';
  const fresh = markedTables(report, path).replaceAll('\n', lineEnd);
  const places = placesIn(document).filter((place) => place.path === path);
  if (places.length === 0) {
    return `${document.trimEnd()}${lineEnd}${lineEnd}${fresh}${lineEnd}`.trimStart();
  }
  const starts = [0, ...places.map(({ to }) => to)];
  const ends = [...places.map(({ from }) => from), document.length];
  return starts.map((start, index) => document.slice(start, ends[index])).join(fresh);
}

function placesIn(document: string): Place[] {
  const places: Place[] = [];
  let open: { readonly path: string; readonly from: number } | null = null;
  for (const { 0: line, 1: marker = '', 2: path = null, index } of document.matchAll(MARKER)) {
    if ((path === null) !== (open !== null)) throw unpaired(document, open?.from ?? index);
    const from = index + line.indexOf(marker);
    if (open) places.push({ ...open, to: from + marker.length });
    open = path === null ? null : { path, from };
  }
  if (open) throw unpaired(document, open.from);
  return places;
}

function unpaired(document: string, at: number): ArgumentError {
  const line = document.slice(0, at).split('\n').length;
  return new ArgumentError(
    `bench tables: expected markers in pairs, <!-- bench REPORT --> and then <!-- /bench -->, got line ${line} without its other one. Put it back; nothing was written.`,
  );
}
