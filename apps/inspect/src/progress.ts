// How far an inspection is: one line that changes on a terminal, a line a layer elsewhere.

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

export class Progress {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
    this.#line('running the model');
  }

  /** @param done - layers whose rows are computed. */
  tell(done: number, total: number): void {
    if (done < total) this.#line(`layer ${done + 1} of ${total}: rows of attention in f64`);
  }

  end(): void {
    if (this.#output.isTTY) this.#output.write('\r\u001b[K');
  }

  #line(text: string): void {
    this.#output.write(this.#output.isTTY ? `\r\u001b[K${text} …` : `${text} …\n`);
  }
}
