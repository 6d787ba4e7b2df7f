// What is wrong with a folder of reference vectors, as opposed to what is wrong with our numbers.

import { FoxError } from '@vulpes/tensor-core';

/** A case cannot be read as the layout says: a missing file or tensor, a wrong shape. It counts as failed. */
export class CaseError extends FoxError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('CaseError', message, options);
  }
}

/** The case is sound, but of a kind that this version cannot check. It counts as skipped. */
export class SkippedCase extends FoxError {
  constructor(message: string) {
    super('SkippedCase', message);
  }
}
