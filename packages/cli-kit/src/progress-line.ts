// One line of progress: rewritten on a terminal, a plain line for each change elsewhere.

import { SingleBar } from 'cli-progress';

/** Where lines go; process.stdout fits. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

export interface ProgressState {
  /** Shown beside the bar. */
  readonly text: string;
  readonly done: number;
  readonly total: number;
  /** For output without a terminal, printed where it differs from the last one. Default: `text`; null: nothing. */
  readonly plain?: string | null;
}

export class ProgressLine {
  readonly #output: Output;
  #bar: SingleBar | null = null;
  #lastPlain: string | null = null;

  constructor(output: Output) {
    this.#output = output;
  }

  update({ text, done, total, plain = text }: ProgressState): void {
    if (!this.#output.isTTY) {
      this.#printPlain(plain);
    } else if (this.#bar) {
      this.#bar.setTotal(total);
      this.#bar.update(done, { text });
    } else {
      this.#bar = createBar(this.#output);
      this.#bar.start(total, done, { text });
    }
  }

  #printPlain(plain: string | null): void {
    if (plain !== null && plain !== this.#lastPlain) this.#output.write(`${plain}\n`);
    this.#lastPlain = plain;
  }

  /** Prints a line above the bar. */
  print(line: string): void {
    this.clear();
    this.#output.write(`${line}\n`);
  }

  /** Removes the bar; the next update draws it again. */
  clear(): void {
    this.#bar?.stop();
    this.#bar = null;
  }
}

const createBar = (output: Output): SingleBar =>
  new SingleBar({
    stream: output as NodeJS.WriteStream,
    format: '{bar} {text}',
    barsize: 16,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false, // see stop-signals.ts
  });
