import { describe, expect, test } from 'vitest';
import { makeTar } from './fixtures/make-tar.ts';
import { tarFiles } from './tar.ts';

const file = (name: string, size: number) => ({ name, data: Buffer.alloc(size, name) });

describe('tarFiles', () => {
  test.each([0, 1, 511, 512, 513])('reads files of %i bytes and what follows', (size) => {
    const files = [file('a.so', size), file('b.json', 7)];
    const read = [...tarFiles(makeTar(files))];
    expect(read.map(({ name }) => name)).toEqual(['a.so', 'b.json']);
    expect(read.map(({ data }) => Buffer.from(data))).toEqual(files.map(({ data }) => data));
  });

  test('an empty archive holds no file', () => {
    expect([...tarFiles(makeTar([]))]).toEqual([]);
  });

  test('names the place where an archive is cut off', () => {
    const archive = makeTar([file('a', 2000)]).subarray(0, 1024);
    expect(() => [...tarFiles(archive)]).toThrowErrorMatchingInlineSnapshot(
      `[SoftwareAdapterError: softwareAdapter: expected a tar archive, got file at 0 is cut off. Install the dependencies again.]`,
    );
  });

  test('refuses what is no archive', () => {
    expect(() => [...tarFiles(Buffer.alloc(512, 'x'))]).toThrowErrorMatchingInlineSnapshot(
      `[SoftwareAdapterError: softwareAdapter: expected a tar archive, got no ustar header at 0. Install the dependencies again.]`,
    );
  });
});
