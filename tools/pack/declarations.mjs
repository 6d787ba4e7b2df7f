// Declarations of all packages, from one TypeScript program: dist/NAME.d.ts beside the code that tsup built.
//   node tools/pack/declarations.mjs

import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import { readManifest } from '../layers/workspace.mjs';
import { root } from '../setup/paths.mjs';
import { publicPackages } from './pack.mjs';

const packages = join(root, 'packages');

/** @param {string} folder of a package @returns {string[]} the source of each entry */
const entrySources = (folder) => {
  const { exports = {} } = readManifest(join(folder, 'package.json'));
  return Object.values(exports).flatMap((entry) => {
    const source = /** @type {Record<string, string>} */ (entry)['@vulpes/source'];
    return source ? [join(folder, source)] : [];
  });
};

/** Types were checked before: here they are only written down. @returns {ts.CompilerOptions} */
const readOptions = () => {
  const file = join(root, 'tools', 'tsconfig', 'base.json');
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root, file);
  return {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    noCheck: true,
  };
};

/**
 * What TypeScript puts beside `packages/NAME/src/x.ts` goes to `packages/NAME/dist`, and imports `.js` as all declarations do.
 * @type {ts.WriteFileCallback}
 */
const write = (file, text) => {
  const [name = '', , ...inside] = relative(packages, file).split(sep);
  const target = join(packages, name, 'dist', ...inside);
  ts.sys.writeFile(target, text.replace(/(['"]\.{1,2}\/[^'"]+)\.ts(?=['"])/g, '$1.js'));
};

/** @throws Error where a type cannot be written down */
export const writeDeclarations = () => {
  const types = ts.sys.readDirectory(join(root, 'tools', 'tsconfig'), ['.d.ts']);
  const sources = publicPackages().flatMap(({ folder }) => entrySources(folder));
  const program = ts.createProgram([...sources, ...types], readOptions());
  const { diagnostics } = program.emit(undefined, write, undefined, true);
  const faults = [...program.getOptionsDiagnostics(), ...diagnostics];
  if (faults.length === 0) return;
  throw new Error(
    ts.formatDiagnostics(faults, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => root,
      getNewLine: () => '\n',
    }),
  );
};

if (process.argv[1] === import.meta.filename) writeDeclarations();
