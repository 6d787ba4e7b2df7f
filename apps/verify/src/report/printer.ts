// Writes the report as it grows; on a terminal the case under way is shown until its line is there.

import { formatDetails, formatOutcome, formatPosition, type Position } from './format.ts';
import type { CaseOutcome } from './outcome.ts';

/** Where text goes; process.stdout fits. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

const CLEAR_LINE = '\r\u001b[2K';

export class Printer {
  readonly #output: Output;
  readonly #details: boolean;

  /** @param options - details: print every check of every case on a line of its own. */
  constructor(output: Output, { details }: { details: boolean }) {
    this.#output = output;
    this.#details = details;
  }

  line(text: string): void {
    this.#output.write(`${text}\n`);
  }

  /** Shows which case runs; nothing where the output is no terminal. */
  start(id: string, position: Position): void {
    if (this.#output.isTTY) this.#output.write(`${formatPosition(position)} … ${id}`);
  }

  outcome(outcome: CaseOutcome, position: Position): void {
    if (this.#output.isTTY) this.#output.write(CLEAR_LINE);
    this.line(formatOutcome(outcome, position));
    for (const line of formatDetails(outcome, { all: this.#details })) this.line(line);
  }
}
