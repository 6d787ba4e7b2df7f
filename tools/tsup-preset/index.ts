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

/** Declarations take most of a build's time, and running an app needs none. */
const wantsTypes = process.env.VULPES_NO_TYPES !== '1';

/** A published package: entries keep their folder (`testing/index`), declarations beside them. */
export const packageBuild = (
  entry: Record<string, string>,
  { dts = true, ...options }: Options = {},
): Options => ({ ...common, entry, dts: wantsTypes && dts, ...options });

/** An app for Node: no declarations, nobody imports it. */
export const appBuild = (entry: Record<string, string>, options: Options = {}): Options => ({
  ...common,
  platform: 'node',
  entry,
  ...options,
});
