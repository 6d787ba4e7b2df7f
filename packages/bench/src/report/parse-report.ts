// Reads a stored report.

import { ArgumentError } from '@vulpes/tensor-core';
import * as v from 'valibot';
import { type BenchReport, REPORT_SCHEMA, reportSchema } from '../schema.ts';

/** @throws ArgumentError naming the first field that is missing or of another kind */
export function parseReport(json: string, name: string): BenchReport {
  const parsed = v.safeParse(reportSchema, parseJson(json, name), { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new ArgumentError(
    `bench: expected ${name} to be a report of schema ${REPORT_SCHEMA}, got ${issue.received} for ${v.getDotPath(issue) ?? 'the file'} (expected ${issue.expected}). Measure again with this version.`,
  );
}

function parseJson(json: string, name: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new ArgumentError(
      `bench: expected ${name} to be JSON, got other text. Give a report.json that the benchmark wrote.`,
    );
  }
}
