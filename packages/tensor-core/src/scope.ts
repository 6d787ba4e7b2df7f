// Scopes: who owns the tensors made in a stretch of synchronous code.

import type { Tensor } from './api.ts';
import { ArgumentError } from './errors.ts';
import { disposeAll, leaves } from './tree.ts';

export class ScopeStack {
  readonly #stack: Set<Tensor>[] = [];

  /** Gives a tensor to the innermost scope, if there is one. */
  add(tensor: Tensor): void {
    this.#stack[this.#stack.length - 1]?.add(tensor);
  }

  /** Takes a tensor out of every scope. */
  remove(tensor: Tensor): void {
    for (const made of this.#stack) made.delete(tensor);
  }

  /** Runs a body; tensors it made are freed, but for those in its result, which pass to the scope around. */
  run<R>(body: () => R): R {
    const { result, made } = this.collect(body);
    this.keepOf(made, leaves(result));
    return result;
  }

  /** Runs a body and returns what it made, alive; frees all of it if the body throws. */
  collect<R>(body: () => R): { result: R; made: ReadonlySet<Tensor> } {
    const made = new Set<Tensor>();
    this.#stack.push(made);
    try {
      const result = body();
      if (result instanceof Promise) {
        throw new ArgumentError(
          'device.scope: expected a synchronous body, got a promise. Await outside the scope.',
        );
      }
      return { result, made };
    } catch (error) {
      disposeAll([...made]);
      throw error;
    } finally {
      this.#stack.pop();
    }
  }

  /** Of what was made, gives `kept` to the innermost scope and frees the rest. */
  keepOf(made: ReadonlySet<Tensor>, kept: readonly Tensor[]): void {
    const keep = new Set(kept);
    for (const tensor of made) {
      if (keep.has(tensor)) this.add(tensor);
      else tensor.dispose();
    }
  }
}
