// Progress on stderr: on a terminal a bar in one line that is rewritten, one line a case elsewhere.

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
    if (this.#stream.isTTY) {
      this.#rewrite(formatProgress(progress));
    } else if (progress.caseId !== this.#lastCase) {
      this.#stream.write(`[${progress.casesDone + 1}/${progress.casesTotal}] ${progress.caseId}\n`);
    }
    this.#lastCase = progress.caseId;
  }

  /** Something that is no case: peaks, a yardstick's own steps. */
  say(doing: string): void {
    if (this.#stream.isTTY) {
      this.#rewrite(doing);
    } else if (doing !== this.#lastCase) {
      this.#stream.write(`${doing}\n`);
    }
    this.#lastCase = doing;
  }

  #rewrite(line: string): void {
    const columns = this.#stream.columns || 80; // some terminals say 0
    this.#stream.write(`\r\x1b[2K${line.slice(0, columns - 1)}`);
  }

  /** Takes the line away, so that something else can be printed. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[2K');
  }
}

const BAR_CELLS = 16;

/** `█████░░░░░░░░░░░ 2/6, 1:05, ~3:10 left | time 3/5: find-block-ranges/search B1-T4096` */
export function formatProgress(progress: Progress): string {
  const { caseId, phase, casesDone, casesTotal, done, of, spentMs, leftMs } = progress;
  const full = Math.floor((BAR_CELLS * casesDone) / casesTotal);
  const bar = '█'.repeat(full).padEnd(BAR_CELLS, '░');
  const left = leftMs === null ? '' : `, ~${minutes(leftMs)} left`;
  return `${bar} ${casesDone}/${casesTotal}, ${minutes(spentMs)}${left} | ${phase} ${done + 1}/${of}: ${caseId}`;
}

/** `1:05`: minutes and seconds. */
function minutes(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
