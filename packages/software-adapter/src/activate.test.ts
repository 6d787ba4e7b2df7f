import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { softwareAdapterEnv } from './activate.ts';
import { isSupportedPlatform } from './ensure.ts';

const runFile = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const cache = mkdtempSync(join(tmpdir(), 'vulpes-adapter-test-'));
// Inside the package, so that its dependencies resolve from there.
const module = join(here, '..', 'node_modules', '.cache', `probe-${process.pid}.mjs`);

/** Runs steps in a process that knows no Vulkan driver, as on a bare machine. */
const probe = async (...steps: string[]): Promise<string> => {
  const env = { HOME: cache, PATH: process.env.PATH, VULPES_CACHE_DIR: cache };
  const args = [join(here, 'fixtures', 'probe.mjs'), module, ...steps];
  const { stdout } = await runFile(process.execPath, args, { env });
  return stdout.trim();
};

describe.runIf(isSupportedPlatform())('activateSoftwareAdapter', () => {
  beforeAll(() =>
    build({
      entryPoints: [join(here, 'index.ts')],
      outfile: module,
      bundle: true,
      platform: 'node',
      format: 'esm',
    }),
  );
  afterAll(() => {
    rmSync(module, { force: true });
    rmSync(cache, { recursive: true, force: true });
  });

  test('makes SwiftShader the adapter of the next create()', async () => {
    expect(await probe('activate', 'create')).toBe('activate: swiftshader, create: swiftshader');
  });

  test('helps after a create() that found none', async () => {
    const [before, ...after] = (await probe('create', 'activate', 'create')).split(', ');
    // A machine with a driver of its own finds that one first.
    expect(before).toMatch(/^create: /);
    expect(after).toEqual(['activate: swiftshader', 'create: swiftshader']);
  });

  test('in a worker it works only after the main thread', async () => {
    expect(await probe('worker')).toBe('worker: worker-thread');
    expect(await probe('activate', 'worker')).toBe('activate: swiftshader, worker: swiftshader');
  });

  test('eight processes at once share one folder', async () => {
    rmSync(cache, { recursive: true, force: true });
    const found = await Promise.all(Array.from({ length: 8 }, () => probe('activate')));
    expect(new Set(found)).toEqual(new Set(['activate: swiftshader']));
    expect(readdirSync(cache)).toHaveLength(1);
  });
});

describe('softwareAdapterEnv', () => {
  const files = { icdFile: '/c/icd.json', loader: '/c/libvulkan.so.1' };

  test('puts the folder of SwiftShader before what LD_LIBRARY_PATH has', () => {
    const env = softwareAdapterEnv({ driver: 'swiftshader', ...files }, { LD_LIBRARY_PATH: '/x' });
    expect(env).toEqual({ VK_DRIVER_FILES: '/c/icd.json', LD_LIBRARY_PATH: '/c:/x' });
  });

  test('leaves LD_LIBRARY_PATH alone for lavapipe', () => {
    const env = softwareAdapterEnv({ driver: 'lavapipe', ...files }, {});
    expect(env).toEqual({ VK_DRIVER_FILES: '/c/icd.json' });
  });
});
