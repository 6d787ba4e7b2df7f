// Reads what a run wrote, of this and of earlier schemas.

import { ArgumentError } from '@vulpes/tensor-core';
import type { NotMeasured, NotMeasuredKind } from './measurement.ts';
import { refusalsOf } from './refusal.ts';
import { type BenchReport, type NotRun, REPORT_SCHEMA, type ReportSettings } from './report.ts';

/** Schema 2 only counted what was refused; 3 told the kind of what is missing by how its reason begins, and less of what was asked for. */
const READABLE: readonly unknown[] = [REPORT_SCHEMA, 'vulpes-bench/3', 'vulpes-bench/2'];

/** @throws ArgumentError where the text is no report that this version can read. */
export function parseReport(json: string, name: string): BenchReport {
  let report: unknown;
  try {
    report = JSON.parse(json);
  } catch {
    throw new ArgumentError(`bench: ${name} is no JSON. Give a report that the benchmark wrote.`);
  }
  const { schema } = (report ?? {}) as { schema?: unknown };
  if (READABLE.includes(schema)) return ofThisSchema(report as Written);
  throw new ArgumentError(
    `bench: expected ${name} to be a report of schema ${REPORT_SCHEMA}, got ${JSON.stringify(schema) ?? 'none'}. Make it anew with this version.`,
  );
}

type WrittenEntry = Omit<NotMeasured, 'kind'> & Partial<NotMeasured>;

interface Written extends Omit<BenchReport, 'settings' | 'notMeasured' | 'notRun'> {
  readonly settings: Partial<ReportSettings>;
  readonly notMeasured: readonly WrittenEntry[];
  readonly notRun?: NotRun;
}

const UNTOLD = { caseText: null, adapter: null, kernels: null, longRunMs: null } as const;

const ofThisSchema = (written: Written): BenchReport => ({
  ...written,
  schema: REPORT_SCHEMA,
  refused: refusalsOf(written.cases),
  settings: { ...UNTOLD, ...written.settings } as ReportSettings,
  notMeasured: written.notMeasured.map(withKind),
  notRun: written.notRun ?? { cases: [], yardsticks: [] },
});

/** How reasons began before schema 4. */
const BEGINNINGS: readonly (readonly [NotMeasuredKind, RegExp])[] = [
  ['left-out', /^left out by the time budget of \S+ s: /],
  ['did-not-fit', /^did not fit: /],
  ['failed', /^failed: /],
];

/** What is missing in a report of any schema. */
export function withKind(entry: WrittenEntry): NotMeasured {
  const { kind, why } = entry;
  if (kind !== undefined) return { ...entry, kind };
  const told = BEGINNINGS.find(([, beginning]) => beginning.test(why));
  return told
    ? { ...entry, kind: told[0], why: why.replace(told[1], '') }
    : { ...entry, kind: 'unsupported' };
}
