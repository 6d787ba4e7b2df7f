// Progress of vitest in few lines: how many files are done of all. Failures are shown as usual.

import { performance } from 'node:perf_hooks';
import { DefaultReporter } from 'vitest/node';

const INTERVAL_MS = 10_000;

export default class ProgressReporter extends DefaultReporter {
  #files = 0;
  #done = 0;
  #failed = 0;
  #shownAt = 0;

  /** @override @param {readonly import('vitest/node').TestSpecification[]} specifications */
  onTestRunStart(specifications) {
    super.onTestRunStart(specifications);
    this.#files = specifications.length;
    this.#shownAt = performance.now();
  }

  /** @override @param {import('vitest/node').TestModule} module */
  onTestModuleEnd(module) {
    this.#done += 1;
    if (!module.ok()) this.#failed += 1;
    super.onTestModuleEnd(module);
  }

  /** @override @param {import('vitest/node').TestModule} module */
  printTestModule(module) {
    if (!module.ok()) super.printTestModule(module);
    const now = performance.now();
    if (now - this.#shownAt < INTERVAL_MS && this.#done < this.#files) return;
    this.#shownAt = now;
    const seconds = Math.round((now - this.start) / 1000);
    const failed = this.#failed > 0 ? `, ${this.#failed} failed` : '';
    this.log(` ${this.#done} of ${this.#files} test files${failed}, ${seconds} s`);
  }
}
