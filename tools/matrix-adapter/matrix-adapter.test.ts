import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkMesa } from './matrix-adapter.mjs';
import { patchElf } from './patch-elf.mjs';

const isLinux = process.platform === 'linux' && process.arch === 'x64';

test.skipIf(!isLinux)('a patched Node runs by the linker that it was given', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-elf-'));
  try {
    const node = join(folder, 'node');
    const source = readFileSync(process.execPath);
    const linker = realpathSync('/lib64/ld-linux-x86-64.so.2');
    writeFileSync(node, patchElf(source, { linker, libraries: '$ORIGIN/lib' }), { mode: 0o755 });
    const code = 'console.log(process.execPath, process.version)';
    expect(String(execFileSync(node, ['-e', code]))).toBe(`${node} ${process.version}\n`);

    const missing = patchElf(source, { linker: join(folder, 'none'), libraries: '$ORIGIN/lib' });
    writeFileSync(node, missing, { mode: 0o755 });
    expect(() => execFileSync(node, ['-e', code])).toThrow('ENOENT');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what is no x86-64 program is not patched', () => {
  const paths = { linker: '/l', libraries: '$ORIGIN/lib' };
  expect(() => patchElf(Buffer.alloc(64), paths)).toThrow('expected an x86-64 ELF program');
});

test('a Mesa without subgroup matrices is refused', () => {
  const name = (version: string) => [
    `libc6_2.41_amd64.deb`,
    `mesa-vulkan-drivers_${version}_amd64.deb`,
  ];
  expect(() => checkMesa(name('26.1.6-1~bpo13+1'))).not.toThrow();
  expect(() => checkMesa(name('27.0.1-1'))).not.toThrow();
  expect(() => checkMesa(name('26.0.3-1'))).toThrow('expected Mesa 26.1 or newer');
  expect(() => checkMesa(['libc6_2.41_amd64.deb'])).toThrow('got none');
});
