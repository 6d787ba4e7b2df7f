// Whether PyTorch is there, asked before our own cases take their minutes.

import { execFile } from 'node:child_process';
import { YardstickError } from './compare/index.ts';
import { errorLine } from './error-line.ts';

/** A first import reads gigabytes. */
const MAX_IMPORT_MS = 120_000;

/** @throws YardstickError where this Python does not start, or cannot import torch in time */
export function checkPytorch(python = 'python3', longestMs = MAX_IMPORT_MS): Promise<void> {
  const limit = { timeout: longestMs, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve, reject) => {
    execFile(python, ['-c', 'import torch'], limit, (cause, _stdout, stderr) => {
      if (!cause) return resolve();
      const why = cause.killed
        ? `no end of it in ${longestMs / 1000} s`
        : errorLine(stderr || cause.message);
      const message = `bench --compare pytorch: expected ${python} to import torch, got: ${why.replace(/\.$/, '')}. Name a Python that has PyTorch with --python PATH.`;
      reject(new YardstickError(message, { cause }));
    });
  });
}
