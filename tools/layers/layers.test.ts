import { describe, expect, test } from 'vitest';
import { circleFaults, circles, cycleFaults } from './cycles.mjs';
import { layerFaults } from './rules.mjs';
import { unusedFaults } from './unused.mjs';

type Files = Record<string, string>;
const member = (path: string, files: Files, dependencies: Record<string, string> = {}) => {
  const [kind, folder] = path.split('/') as ['packages' | 'apps', string];
  return {
    kind,
    folder,
    path,
    manifest: { name: `@vulpes/${folder}`, exports: { '.': {}, './testing': {} }, dependencies },
    files: Object.entries(files).map(([name, text]) => ({ path: `${path}/src/${name}`, text })),
    setup: [{ path: `${path}/tsup.config.ts`, text: "import 'built-with';" }],
  };
};

const layers = {
  packages: { leaf: [], core: [], left: ['core'], right: ['core'] },
  onlyByDynamicImport: { core: ['leaf'] },
  nodeModulesAllowedIn: ['apps/', 'packages/core/src/platform/node.ts'],
  installedForTheirFiles: ['files-only'],
};
const all = { '@vulpes/core': '*', '@vulpes/left': '*', '@vulpes/leaf': '*', 'files-only': '1' };

/** Faults of one file in packages/left (or elsewhere), all dependencies declared as they may be. */
const faultsOf = (text: string, path = 'packages/left', name = 'a.ts', dependencies = {}) => {
  const members = ['packages/leaf', 'packages/core', 'packages/left', 'packages/right', 'apps/app']
    .filter((other) => other !== path)
    .map((other) => member(other, {}));
  const own = member(path, { [name]: text }, dependencies);
  return layerFaults({ layers, members: [...members, own], rootDevDependencies: ['vitest'] });
};

describe('layerFaults', () => {
  const core = { '@vulpes/core': '*' };
  test.each([
    ["import { a } from '@vulpes/core';"],
    ["import { a } from '@vulpes/core/testing';"],
    ["import './b.ts';"],
    ["import a from '#platform';"],
  ])('allows %s', (text) => {
    expect(faultsOf(text, 'packages/left', 'a.ts', core)).toEqual([]);
  });

  test.each([
    ["import '@vulpes/core/src/x.ts';", 'does not export ./src/x.ts'],
    ["import '@vulpes/right';", 'is not in packages/left/package.json'],
    ["import '../../core/src/x.ts';", 'leaves packages/left/src'],
    ["import 'left-pad';", 'is not in packages/left/package.json'],
    ["import 'files-only';", 'is here for its files'],
    ["import 'node:fs';", 'this file also runs in browsers'],
    ["export * from '@vulpes/gone';", 'is not in packages/left/package.json'],
    ["type A = import('node:fs').Stats;", 'this file also runs in browsers'],
  ])('refuses %s', (text, fault) => {
    const faults = faultsOf(text, 'packages/left', 'a.ts', core);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain('packages/left/src/a.ts:1: ');
    expect(faults[0]).toContain(fault);
  });

  test('siblings stay strangers even when package.json says otherwise', () => {
    const faults = faultsOf("import '@vulpes/left';", 'packages/right', 'a.ts', all);
    expect(faults.join('\n')).toContain('packages/right/package.json: may not depend on');
    expect(faults.join('\n')).toContain('right may not import left (tools/layers.json)');
  });

  test('an optional package is reached by import() only', () => {
    const leaf = { '@vulpes/leaf': '*' };
    expect(faultsOf("await import('@vulpes/leaf');", 'packages/core', 'a.ts', leaf)).toEqual([]);
    expect(
      faultsOf("import type { A } from '@vulpes/leaf';", 'packages/core', 'a.ts', leaf),
    ).toEqual([]);
    expect(faultsOf("import '@vulpes/leaf';", 'packages/core', 'a.ts', leaf)).toHaveLength(1);
  });

  test('tests may use what the root brings, and Node', () => {
    const text = "import 'node:fs';\nimport 'vitest';";
    expect(faultsOf(text, 'packages/left', 'a.test.ts')).toEqual([]);
    expect(faultsOf(text, 'packages/left', 'a.ts')).toHaveLength(2);
  });

  test('apps take every package, but no other app', () => {
    expect(faultsOf("import '@vulpes/left'; import 'node:fs';", 'apps/app', 'a.ts', all)).toEqual(
      [],
    );
  });
});

describe('cycleFaults', () => {
  const files = { 'a.ts': "import './b.ts';", 'b.ts': "import './c';", 'c.ts': "import './a.js';" };

  test('shows the way round', () => {
    expect(cycleFaults(member('packages/core', files))).toEqual([
      'import cycle: packages/core/src/a.ts -> packages/core/src/b.ts -> packages/core/src/c.ts -> packages/core/src/a.ts',
    ]);
  });

  test('types make no cycle', () => {
    const typed = { ...files, 'c.ts': "import type { A } from './a.ts';" };
    expect(cycleFaults(member('packages/core', typed))).toEqual([]);
  });
});

describe('unusedFaults', () => {
  const faults = (text: string, dependencies: Record<string, string>) => {
    const core = member('packages/core', {});
    Object.assign(core.manifest, { peerDependencies: { '@vulpes/leaf': '*' } });
    return unusedFaults([core], member('apps/app', { 'a.ts': text }, dependencies));
  };

  test('names each declared dependency that no file names', () => {
    const text = "import { a } from '@vulpes/core/testing';";
    expect(faults(text, { '@vulpes/core': '*', 'left-pad': '1' })).toEqual([
      'apps/app/package.json: no file uses left-pad; remove it there',
    ]);
  });

  test.each([
    ["resolve('left-pad/package.json');", { 'left-pad': '1' }],
    ['/// <reference types="left-pad" />', { 'left-pad': '1' }],
    ['', { 'built-with': '1' }],
    ["import '@vulpes/core';", { '@vulpes/core': '*', '@vulpes/leaf': '*' }],
  ])('takes as used: %j', (text, dependencies) => {
    expect(faults(text, dependencies as unknown as Record<string, string>)).toEqual([]);
  });
});

describe('circles', () => {
  /** Each file imports the next one's types, the last the first's. */
  const ring = (count: number): Files =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        `f${i}.ts`,
        `import type { A } from './f${(i + 1) % count}.ts';`,
      ]),
    );
  const paths = (count: number) =>
    Array.from({ length: count }, (_, i) => `packages/core/src/f${i}.ts`);

  test('are files that reach each other, by types too', () => {
    const files = { ...ring(3), 'aside.ts': "import './f0.ts';" };
    expect(circles(member('packages/core', files))).toEqual([paths(3)]);
  });

  test('may have three files, no more', () => {
    expect(circleFaults(member('packages/core', ring(3)))).toEqual([]);
    expect(circleFaults(member('packages/core', ring(4)))).toEqual([
      `circle of 4 files by their types, at most 3: ${paths(4).join(', ')}. Move the types that they share to a file of their own.`,
    ]);
  });
});
