import type { Options } from 'tsup';

/** What every package and app builds with: ESM for ES2022, shaders inlined as text. */
const common: Options = {
  format: ['esm'],
  target: 'es2022',
  outDir: 'dist',
  clean: true,
  sourcemap: true,
  splitting: true, // entries of one package share their classes
  treeshake: false,
  loader: { '.wgsl': 'text' },
  silent: true,
};

/** A published package: entries keep their folder (`testing/index`). Its declarations: `tools/pack/declarations.mjs`. */
export const packageBuild = (entry: Record<string, string>, options: Options = {}): Options => ({
  ...common,
  entry,
  ...options,
});

/** An app for Node. */
export const appBuild = (entry: Record<string, string>, options: Options = {}): Options => ({
  ...common,
  platform: 'node',
  entry,
  ...options,
});
