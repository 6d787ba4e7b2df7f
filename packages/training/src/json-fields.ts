// Reads fields out of parsed JSON that may be anything, with an error that names the field.

import { CheckpointError } from '@vulpes/tensor-core';

export type JsonRecord = Readonly<Record<string, unknown>>;

/** @param what - the file, for messages */
export function parseJsonRecord(bytes: Uint8Array, what: string): JsonRecord {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new CheckpointError(`${what}: expected JSON, got something else. Restore the file.`, {
      cause,
    });
  }
  return asRecord(value, what);
}

export function asRecord(value: unknown, what: string): JsonRecord {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonRecord;
  }
  throw wrongField(what, 'an object', value);
}

export function numberField(record: JsonRecord, field: string, what: string): number {
  const value = record[field];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw wrongField(`${what}, field "${field}"`, 'a number', value);
}

export function stringField(record: JsonRecord, field: string, what: string): string {
  const value = record[field];
  if (typeof value === 'string') return value;
  throw wrongField(`${what}, field "${field}"`, 'a string', value);
}

export const nullableNumberField = (
  record: JsonRecord,
  field: string,
  what: string,
): number | null => (record[field] === null ? null : numberField(record, field, what));

const wrongField = (where: string, expected: string, got: unknown): CheckpointError =>
  new CheckpointError(
    `${where}: expected ${expected}, got ${JSON.stringify(got) ?? 'nothing'}. Restore the file.`,
  );
