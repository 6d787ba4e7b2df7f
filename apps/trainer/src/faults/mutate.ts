// Damage of every kind, from a seed: flipped bits, cuts, spliced bytes; in JSON also values of other kinds, sizes and depths.

import { CounterRng } from '@vulpes/tensor-core';

export class Mutator {
  readonly #rng: CounterRng;
  #drawn = 0;

  constructor(seed: number) {
    this.#rng = new CounterRng(seed, 0);
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    return this.#rng.at(this.#drawn++) % Math.max(1, limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  bytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const copy = Uint8Array.from(bytes);
    const place = this.below(copy.length);
    switch (this.below(6)) {
      case 0:
      case 1:
        copy[place] = (copy[place] as number) ^ (1 << this.below(8));
        return copy;
      case 2:
        return copy.slice(0, place);
      case 3:
        return insert(copy, place, this.below(256));
      case 4:
        return copy.fill(this.below(256), place, place + 1 + this.below(64));
      default:
        copy.copyWithin(this.below(copy.length), place, place + 1 + this.below(200));
        return copy;
    }
  }

  /** JSON text with one value replaced, a key doubled, dropped or renamed. */
  json(text: string): string {
    const root = JSON.parse(text) as unknown;
    const places = placesOf(root);
    if (places.length === 0) return this.#value();
    const { holder, key } = this.pick(places);
    const marker = `@${this.below(1e9)}@`;
    switch (this.below(8)) {
      case 0:
        delete holder[key];
        return JSON.stringify(root);
      case 1:
        holder[`${key}${this.pick(['x', '__proto__', '', ' '])}`] = holder[key];
        return JSON.stringify(root);
      case 2: // the same name twice
        holder[marker] = 1;
        return JSON.stringify(root).replace(marker, key);
      default:
        holder[key] = marker;
        return JSON.stringify(root).replace(`"${marker}"`, this.#value());
    }
  }

  #value(): string {
    const long = 'x'.repeat(this.pick([0, 1, 300, 200_000]));
    return this.pick([
      ...['null', 'true', '0', '-1', '0.5', '1e308', '-1e308', '9007199254740991', '1e400'],
      ...['1000000', '100000', '4294967296', '2147483648', '[]', '{}', '""', '[[]]', '[null]'],
      ...[JSON.stringify(long), `{"${long}":1}`, '"../../outside"', '"/etc/passwd"', '"a\\u0000b"'],
      ...['{"__proto__":{"polluted":1}}', '"\\u001b[2J"', '[-1,-1]', '[1e9,1e9,1e9]', 'NaN'],
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
    ]);
  }
}

function insert(bytes: Uint8Array, place: number, value: number): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes.subarray(0, place));
  longer[place] = value;
  longer.set(bytes.subarray(place), place + 1);
  return longer;
}

type Holder = Record<string, unknown>;

/** Every place in a value that holds something. */
function placesOf(value: unknown): { holder: Holder; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Holder;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesOf(holder[key])]);
}
