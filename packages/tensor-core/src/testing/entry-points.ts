// The runtime names of every entry point of a package: its public surface, for a snapshot.

import { readFileSync } from 'node:fs';

type Entries = Readonly<Record<string, { readonly '@vulpes/source'?: string } | string>>;

/**
 * Entry point (`.`, `./testing`, …) to its sorted runtime names, read from the package's sources.
 * @param testUrl - `import.meta.url` of a test in `src`
 */
export async function readEntryPoints(testUrl: string): Promise<Record<string, string[]>> {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', testUrl), 'utf8')) as {
    exports: Entries;
  };
  const names: Record<string, string[]> = {};
  for (const [entry, target] of Object.entries(manifest.exports)) {
    const source = typeof target === 'string' ? undefined : target['@vulpes/source'];
    if (!source) continue;
    const url = new URL(`../${source}`, testUrl);
    names[entry] = Object.keys(await import(/* @vite-ignore */ url.href)).sort();
  }
  return names;
}
