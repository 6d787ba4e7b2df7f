import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cachedFolder, isComplete, toHash } from './cache.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vulpes-cache-test-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const files = [{ name: 'lib.so', data: Buffer.from('library') }];
const hashes = { 'lib.so': toHash(Buffer.from('library')) };
const contents = { hashes, read: () => files };
const neverRead = () => {
  throw new Error('read again');
};

describe('cachedFolder', () => {
  test('unpacks once, then only looks', () => {
    const cacheDir = join(root, 'not', 'there', 'yet');
    const folder = cachedFolder('v1', contents, { cacheDir });
    expect(readFileSync(join(folder, 'lib.so'), 'utf8')).toBe('library');
    expect(cachedFolder('v1', { hashes, read: neverRead }, { cacheDir })).toBe(folder);
    expect(readdirSync(cacheDir)).toEqual(['v1']);
  });

  test('replaces a damaged folder and leaves nothing behind', () => {
    const folder = cachedFolder('v1', contents, { cacheDir: root });
    truncateSync(join(folder, 'lib.so'), 3);
    expect(isComplete(folder, hashes)).toBe(false);
    expect(cachedFolder('v1', contents, { cacheDir: root })).toBe(folder);
    expect(isComplete(folder, hashes)).toBe(true);
    expect(readdirSync(root)).toEqual(['v1']);
  });

  test('replaces a file of the right size with one flipped bit', () => {
    const folder = cachedFolder('v1', contents, { cacheDir: root });
    writeFileSync(join(folder, 'lib.so'), 'librarx');
    cachedFolder('v1', contents, { cacheDir: root });
    expect(readFileSync(join(folder, 'lib.so'), 'utf8')).toBe('library');
  });

  test('uses what another process put in place while it was unpacking', () => {
    const read = () => {
      cachedFolder('v1', contents, { cacheDir: root });
      return files;
    };
    const folder = cachedFolder('v1', { hashes, read }, { cacheDir: root });
    expect(isComplete(folder, hashes)).toBe(true);
    expect(readdirSync(root)).toEqual(['v1']);
  });

  test('keeps others from writing to it', () => {
    const cacheDir = join(root, 'open');
    mkdirSync(cacheDir);
    chmodSync(cacheDir, 0o777);
    cachedFolder('v1', contents, { cacheDir });
    expect(statSync(cacheDir).mode & 0o022).toBe(0);
  });

  test('follows XDG_CACHE_HOME, and VULPES_CACHE_DIR before it', () => {
    const xdg = { XDG_CACHE_HOME: root };
    expect(cachedFolder('v1', contents, { env: xdg })).toBe(join(root, 'vulpes', 'v1'));
    const both = { ...xdg, VULPES_CACHE_DIR: join(root, 'mine') };
    expect(cachedFolder('v1', contents, { env: both })).toBe(join(root, 'mine', 'v1'));
  });

  test('says which folder it could not write to', () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    expect(() => cachedFolder('v1', contents, { cacheDir: file })).toThrow(
      `softwareAdapter: expected a writable cache folder, tried ${file}. ` +
        'Set VULPES_CACHE_DIR to a folder that only you can write to.',
    );
    expect(readdirSync(root)).toEqual(['file']);
  });
});
