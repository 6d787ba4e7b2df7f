import { posix } from 'node:path';
import { importsOf } from './imports.mjs';

/** @typedef {import('./workspace.mjs').Member} Member */

const ENDINGS = ['', '.ts', '/index.ts'];

/** File -> files that it needs to run; types are erased, so they make no cycle. @param {Member} member */
const graphOf = (member) => {
  const paths = new Set(member.files.map(({ path }) => path));
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  for (const { path, text } of member.files) {
    const targets = importsOf(path, text)
      .filter(({ specifier, kind }) => kind === 'value' && specifier.startsWith('.'))
      .flatMap(({ specifier }) => {
        const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
        return ENDINGS.map((ending) => target + ending).filter((file) => paths.has(file));
      });
    graph.set(path, targets);
  }
  return graph;
};

/** Import cycles among the files of one package or app, one line each. @param {Member} member */
export const cycleFaults = (member) => {
  const graph = graphOf(member);
  const done = new Set();
  /** @type {string[]} */
  const faults = [];
  /** @param {string} file @param {string[]} trail */
  const visit = (file, trail) => {
    const start = trail.indexOf(file);
    if (start >= 0) faults.push(`import cycle: ${[...trail.slice(start), file].join(' -> ')}`);
    if (start >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return faults;
};
