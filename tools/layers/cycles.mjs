import { posix } from 'node:path';
import { importsOf } from './imports.mjs';

/** @typedef {import('./workspace.mjs').Member} Member */

const ENDINGS = ['', '.ts', '/index.ts'];

/** Files that need each other's types beyond this number are hard to read one by one. */
const MAX_TYPE_CIRCLE = 3;

/** File -> files of the same member that it imports. @param {Member} member @param {boolean} withTypes */
const graphOf = (member, withTypes) => {
  const paths = new Set(member.files.map(({ path }) => path));
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  for (const { path, text } of member.files) {
    const targets = importsOf(path, text)
      .filter(({ specifier, kind }) => specifier.startsWith('.') && (withTypes || kind === 'value'))
      .flatMap(({ specifier }) => {
        const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
        return ENDINGS.map((ending) => target + ending).filter((file) => paths.has(file));
      });
    graph.set(path, targets);
  }
  return graph;
};

/** Import cycles among the files of one package or app, one line each; types are erased, so they make none. @param {Member} member */
export const cycleFaults = (member) => {
  const graph = graphOf(member, false);
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

/** Groups of files of which each reaches each other by imports, types included. @param {Member} member */
export const circles = (member) => {
  const graph = graphOf(member, true);
  /** @type {Map<string, Set<string>>} */
  const reached = new Map([...graph.keys()].map((file) => [file, reach(graph, file)]));
  const grouped = new Set();
  /** @type {string[][]} */
  const groups = [];
  for (const [file, files] of reached) {
    if (grouped.has(file)) continue;
    const group = [...files].filter((other) => reached.get(other)?.has(file));
    for (const other of group) grouped.add(other);
    if (group.length > 1) groups.push(group.sort());
  }
  return groups;
};

/** Circles that are too large, one line each. @param {Member} member */
export const circleFaults = (member) =>
  circles(member)
    .filter((files) => files.length > MAX_TYPE_CIRCLE)
    .map(
      (files) =>
        `circle of ${files.length} files by their types, at most ${MAX_TYPE_CIRCLE}: ${files.join(', ')}. Move the types that they share to a file of their own.`,
    );

/** @param {Map<string, string[]>} graph @param {string} from */
const reach = (graph, from) => {
  /** @type {Set<string>} */
  const seen = new Set();
  const open = [from];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    for (const next of graph.get(file) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return seen;
};
