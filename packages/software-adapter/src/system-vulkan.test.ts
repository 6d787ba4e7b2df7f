import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Environment } from './environment.ts';
import { findLavapipe, findSystemVulkan } from './system-vulkan.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vulpes-vulkan-test-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const addManifest = (folder: string, name: string, apiVersion: string): string => {
  const file = join(root, folder, 'vulkan/icd.d', name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, JSON.stringify({ ICD: { library_path: 'x.so', api_version: apiVersion } }));
  return file;
};

const env = (more: Environment = {}): NodeJS.ProcessEnv => ({
  HOME: root,
  XDG_CONFIG_DIRS: join(root, 'etc'),
  XDG_DATA_DIRS: [join(root, 'local'), join(root, 'share')].join(':'),
  ...more,
});
const ours = (vulkan = findSystemVulkan(env())) =>
  vulkan.manifests.filter(({ file }) => file.startsWith(root));

describe('findSystemVulkan', () => {
  test('finds nothing in empty folders', () => {
    expect(ours()).toEqual([]);
  });

  test('lists manifests in the order of the loader: the user before the system', () => {
    const share = addManifest('share', 'lvp_icd.json', '1.4.305');
    const user = addManifest('.local/share', 'my_icd.json', '1.3.1');
    expect(ours().map(({ file }) => file)).toEqual([user, share]);
  });

  test('VK_DRIVER_FILES replaces the search', () => {
    addManifest('share', 'lvp_icd.json', '1.4.305');
    const vulkan = findSystemVulkan(env({ VK_DRIVER_FILES: '/x/gone.json' }));
    expect(vulkan.manifests).toEqual([{ file: '/x/gone.json', apiVersion: '' }]);
  });

  test('finds a loader in LD_LIBRARY_PATH', () => {
    writeFileSync(join(root, 'libvulkan.so.1'), '');
    expect(findSystemVulkan(env({ LD_LIBRARY_PATH: root })).loader).toBe(
      join(root, 'libvulkan.so.1'),
    );
  });
});

describe('findLavapipe', () => {
  const vulkan = (name: string, apiVersion: string, loader: string | undefined = '/l') => ({
    loader,
    manifests: [{ file: `/icd/${name}`, apiVersion }],
  });

  test.each([
    ['lvp_icd.json', '1.4.305', '/icd/lvp_icd.json'],
    ['lvp_icd.x86_64.json', '1.4.318', '/icd/lvp_icd.x86_64.json'],
    ['lvp_icd.x86_64.json', '1.1.230', undefined], // Mesa 22.3.6, as Debian 12 has it
    ['radeon_icd.x86_64.json', '1.4.305', undefined],
    ['lvp_icd.json', '', undefined],
  ])('%s at "%s" gives %s', (name, apiVersion, expected) => {
    expect(findLavapipe(vulkan(name, apiVersion))).toBe(expected);
  });

  test('needs a loader', () => {
    expect(findLavapipe({ ...vulkan('lvp_icd.json', '1.4.305'), loader: undefined })).toBe(
      undefined,
    );
  });
});
