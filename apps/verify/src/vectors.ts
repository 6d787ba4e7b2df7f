// A safetensors file of reference vectors, read by name and checked shape.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describeFileError } from '@vulpes/cli-kit';
import {
  type ParameterSpec,
  readSafetensors,
  type SafetensorsFile,
  type SafetensorsTensor,
  tensorFloats,
  tensorValues,
} from '@vulpes/lm-models';
import { FoxError } from '@vulpes/tensor-core';

/** A case can't be read: a missing file or tensor, a wrong shape, a tensor that this version does not know. */
export class CaseError extends FoxError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('CaseError', message, options);
  }
}

/** Sizes; a letter stands for the same size in all patterns of a file. */
export type Pattern = readonly (string | number)[];

export class Vectors {
  readonly #source: string;
  readonly #file: SafetensorsFile;
  readonly #sizes = new Map<string, number>();

  constructor(bytes: Uint8Array, source: string) {
    this.#source = source;
    this.#file = readSafetensors(bytes, source);
  }

  /** @throws CaseError where the file cannot be read, CheckpointError where it is damaged. */
  static async read(path: string): Promise<Vectors> {
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new CaseError(`can't read ${basename(path)}: ${describeFileError(cause)}`, { cause });
    });
    return new Vectors(new Uint8Array(bytes), basename(path));
  }

  get names(): string[] {
    return [...this.#file.tensors.keys()];
  }

  has(name: string): boolean {
    return this.#file.tensors.has(name);
  }

  /** A string of the file's header. */
  header(name: string): string | undefined {
    return this.#file.metadata[name];
  }

  /** @throws CaseError unless the header has a finite number of this name. */
  headerNumber(name: string): number {
    const text = this.header(name);
    const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value)) return value;
    throw new CaseError(
      `${this.#source}: expected the number ${name} in the header, got ${text ?? 'nothing'}`,
    );
  }

  /** Of a letter in an earlier pattern. */
  size(letter: string): number {
    const size = this.#sizes.get(letter);
    if (size === undefined)
      throw new CaseError(`${this.#source}: no tensor gave the size ${letter}`);
    return size;
  }

  /** f32 values. @throws CaseError where the tensor is missing or has another shape. */
  floats(name: string, pattern: Pattern): Float32Array {
    return tensorFloats(this.#tensor(name, pattern), `${this.#source}: ${name}`);
  }

  /** Integers of any width as i32. @throws CaseError, also for values that an i32 cannot hold. */
  ints(name: string, pattern: Pattern): Int32Array<ArrayBuffer> {
    const values = Array.from(tensorValues(this.#tensor(name, pattern), name), Number);
    const wrong = values.find((value) => !Number.isInteger(value) || Math.abs(value) > 2 ** 31 - 1);
    if (wrong === undefined) return Int32Array.from(values);
    throw new CaseError(`${this.#source}: expected ${name} to hold 32-bit integers, got ${wrong}`);
  }

  /** f32 values of each trainable parameter, from tensors `<prefix><name>`. @throws CaseError */
  parameters(prefix: string, specs: readonly ParameterSpec[]): Map<string, Float32Array> {
    const trainable = specs.filter((spec) => spec.trainable);
    return new Map(
      trainable.map(({ name, shape }) => [name, this.floats(`${prefix}${name}`, shape)]),
    );
  }

  #tensor(name: string, pattern: Pattern): SafetensorsTensor {
    const tensor = this.#file.tensors.get(name);
    if (!tensor) {
      throw new CaseError(`${this.#source}: expected a tensor ${name}, which is missing`);
    }
    const { shape } = tensor;
    const fits =
      shape.length === pattern.length && shape.every((n, i) => this.#fits(pattern[i]!, n));
    if (fits) return tensor;
    const dims = pattern.map((dim) => {
      const size = this.#sizes.get(String(dim));
      return size === undefined ? dim : `${dim}=${size}`;
    });
    throw new CaseError(
      `${this.#source}: expected ${name} [${dims.join(', ')}], got [${shape.join(', ')}]`,
    );
  }

  #fits(dim: string | number, size: number): boolean {
    const wanted = typeof dim === 'number' ? dim : this.#sizes.get(dim);
    if (wanted !== undefined) return wanted === size;
    if (size < 1) return false;
    this.#sizes.set(dim as string, size);
    return true;
  }
}
