// What the finite checks of one batch found, once the batch has run.

import type { ErrorWatch } from '../error-watch.ts';
import { ArgumentError, NonFiniteError } from '../errors.ts';
import type { Readback } from '../readback.ts';
import { type Checked, nonFiniteMessage, orderMessage } from './non-finite-message.ts';

/** u32 a check: NaN, infinities, ~(first index). */
export const WORDS_PER_CHECK = 3;

export class Findings {
  readonly #checked: readonly Checked[];
  readonly #readbacks: readonly Readback[];

  /** @param checked - in program order. @param readbacks - their findings, one after the other */
  constructor(checked: readonly Checked[], readbacks: readonly Readback[]) {
    this.#checked = checked;
    this.#readbacks = readbacks;
  }

  /** Waits for the batch, then for its findings. @throws NonFiniteError or ArgumentError naming the first; what `submitting` throws */
  async after(submitting: Promise<void>, errors: ErrorWatch): Promise<void> {
    try {
      await submitting;
      const found: number[] = [];
      for (const readback of this.#readbacks) {
        const [bytes] = await readback.bytes(errors);
        found.push(...new Uint32Array(bytes as ArrayBuffer));
      }
      this.#assertNone(found);
    } finally {
      for (const readback of this.#readbacks) readback.release();
    }
  }

  #assertNone(found: readonly number[]): void {
    this.#checked.forEach((checked, check) => {
      const [nans, infinities, inverted] = found.slice(
        check * WORDS_PER_CHECK,
        (check + 1) * WORDS_PER_CHECK,
      ) as [number, number, number];
      if (nans + infinities === 0) return;
      const firstIndex = ~inverted >>> 0;
      const { role } = checked;
      if (role === 'offsets') throw new ArgumentError(orderMessage(checked, nans, firstIndex));
      throw new NonFiniteError(
        nonFiniteMessage({ ...checked, role }, { nans, infinities, firstIndex }),
      );
    });
  }
}
