import type { Plugin } from 'vitest/config';

/** The counterpart of tsup's text loader: a `.wgsl` module is its own source as a string. */
export const wgslPlugin = (): Plugin => ({
  name: 'vulpes-wgsl',
  enforce: 'pre',
  transform(code, id) {
    if (!id.split('?')[0]?.endsWith('.wgsl')) return null;
    return { code: `export default ${JSON.stringify(code)};`, map: null };
  },
});
