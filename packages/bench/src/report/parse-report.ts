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
  if (READABLE.includes(schema)) {
    assertComplete(report as object, name);
    return ofThisSchema(report as Written);
  }
  throw new ArgumentError(
    `bench: expected ${name} to be a report of schema ${REPORT_SCHEMA}, got ${JSON.stringify(schema) ?? 'none'}. Make it anew with this version.`,
  );
}

type Kind = 'string' | 'number' | 'list' | 'object';

/** What every schema has, by path. */
const FIELDS: readonly (readonly [path: string, kind: Kind])[] = [
  ['createdAt', 'string'],
  ['note', 'string'],
  ['settings', 'object'],
  ['settings.suites', 'list'],
  ['machine', 'object'],
  ['machine.adapter', 'object'],
  ['machine.host', 'object'],
  ['cases', 'list'],
  ['comparisons', 'list'],
  ['notMeasured', 'list'],
  ['elapsedMs', 'number'],
];

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  return value === undefined || value === null ? 'none' : typeof value;
}

/** @throws ArgumentError naming the first field that is missing or of another kind */
function assertComplete(report: object, name: string): void {
  const cases = (report as { cases?: unknown }).cases;
  const ofCases = (Array.isArray(cases) ? cases : []).flatMap((_, index) => [
    [`cases.${index}.id`, 'string'] as const,
    [`cases.${index}.variants`, 'list'] as const,
  ]);
  for (const [path, kind] of [...FIELDS, ...ofCases]) {
    const value = path
      .split('.')
      .reduce<unknown>((of, key) => (of as Record<string, unknown> | null)?.[key], report);
    if (kindOf(value) === kind) continue;
    throw new ArgumentError(
      `bench: expected ${name} to have ${path} (${kind}), got ${kindOf(value)}. It is cut or changed by hand; give the report that the benchmark wrote.`,
    );
  }
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
