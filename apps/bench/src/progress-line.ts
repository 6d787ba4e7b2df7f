// Progress on stderr: one line that is rewritten on a terminal, one line a case elsewhere.

import type { Progress } from '@vulpes/bench';

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class ProgressLine {
  readonly #stream: Stream;
  #lastCase = '';

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  show(progress: Progress): void {
    const line = formatProgress(progress);
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\x1b[2K${line.slice(0, (this.#stream.columns ?? 80) - 1)}`);
    } else if (progress.caseId !== this.#lastCase) {
      this.#stream.write(`[${progress.casesDone + 1}/${progress.casesTotal}] ${progress.caseId}\n`);
    }
    this.#lastCase = progress.caseId;
  }

  /** Something that is no case: a yardstick's own steps. */
  say(doing: string): void {
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\x1b[2K${doing.slice(0, (this.#stream.columns ?? 80) - 1)}`);
    } else if (doing !== this.#lastCase) {
      this.#stream.write(`${doing}\n`);
    }
    this.#lastCase = doing;
  }

  /** Takes the line away, so that something else can be printed. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[2K');
  }
}

/** `[2/6] find-block-ranges/search B1-T4096: time 3/5` */
export const formatProgress = ({
  caseId,
  phase,
  casesDone,
  casesTotal,
  done,
  of,
}: Progress): string => `[${casesDone + 1}/${casesTotal}] ${caseId}: ${phase} ${done + 1}/${of}`;
