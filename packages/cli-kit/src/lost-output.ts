// A reader that has gone, as in `train … | head -1`, or a full disk under `> log`: the output is lost, the work goes on.

import { describeFileError } from './file-errors.ts';

const CLOSED: readonly unknown[] = ['EPIPE', 'ERR_STREAM_DESTROYED'];
let isLost = false;

/** Whether standard output could not be written, other than for a reader who wanted no more. */
export const isOutputLost = (): boolean => isLost;

export function surviveLostOutput({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>) {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isLost || CLOSED.includes(error.code)) return;
    isLost = true;
    const reason = describeFileError(error);
    stderr.write(`note: standard output cannot be written: ${reason}. What is printed is lost.\n`);
  });
  stderr.on('error', () => {});
}
