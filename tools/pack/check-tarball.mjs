import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { runTool } from '../setup/child.mjs';
import { root } from '../setup/paths.mjs';
import { toolEnv } from '../setup/pnpm.mjs';
import { FAILED, PASSED, total } from '../test/counts.mjs';

const NODE_ONLY = ['@vulpes/software-adapter'];

/** @typedef {import('./pack.mjs').Tarball} Tarball */
/** @typedef {{ code: number, output: string }} Outcome */

/**
 * The tarball itself and those of the packages that it needs.
 * @param {Tarball} tarball @param {Tarball[]} all @returns {Tarball[]}
 */
const closure = (tarball, all) => {
  const found = new Set([tarball]);
  for (const { manifest } of found) {
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      const needed = all.find((candidate) => candidate.name === name);
      if (needed) found.add(needed);
    }
  }
  return [...found];
};

/** @param {Tarball} tarball @returns {Promise<Outcome>} */
const lint = async ({ file }) => {
  const bytes = readFileSync(file);
  const tarballBytes = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const { messages, pkg } = await publint({ strict: true, pack: { tarball: tarballBytes } });
  const output = messages
    .map((message) => formatMessage(message, pkg, { color: false }))
    .join('\n');
  return { code: messages.length > 0 ? 1 : 0, output };
};

/** @param {Tarball} tarball @param {Tarball[]} all @param {string} cwd @returns {Promise<Outcome>} */
const install = (tarball, all, cwd) => {
  const files = closure(tarball, all).map(({ file }) => file);
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
  return runTool(['npm', 'install', ...flags, ...files], { cwd, env: toolEnv() });
};

/** The installed package brings the licence. @param {Tarball} tarball @param {string} cwd */
const findLicence = async ({ name }, cwd) => {
  const file = join(cwd, 'node_modules', ...name.split('/'), 'LICENSE');
  return existsSync(file) ? { code: 0, output: '' } : { code: 1, output: `expected ${file}` };
};

/** What a consumer imports: every entry but the one for tests, which needs vitest. @param {Tarball} tarball */
const imports = ({ name, manifest }) =>
  Object.keys(manifest.exports ?? {})
    .filter((entry) => entry !== './testing' && entry !== './package.json')
    .map((entry, at) => `import * as entry${at} from '${name}${entry.slice(1)}';`);

/** @param {Tarball} tarball @param {string} cwd @returns {Promise<Outcome>} */
const importInNode = (tarball, cwd) => {
  const lines = imports(tarball);
  const code = [...lines, `console.log([${lines.map((_, at) => `entry${at}`)}].map(Object.keys));`];
  writeFileSync(join(cwd, 'consumer.mjs'), code.join('\n'));
  return runTool([process.execPath, 'consumer.mjs'], { cwd });
};

// The consumer checks our declarations too (no skipLibCheck), as strictly as we do, and has
// nothing but our package: no types of Node.
const consumerOptions = {
  strict: true,
  noEmit: true,
  skipDefaultLibCheck: true, // TypeScript's own
  target: 'es2022',
  lib: ['es2023', 'dom', 'esnext.disposable'],
  module: 'nodenext',
  exactOptionalPropertyTypes: true,
  types: [],
};

/** @param {Tarball} tarball @param {string} cwd @returns {Promise<Outcome>} */
const typeCheck = (tarball, cwd) => {
  const lines = imports(tarball);
  const uses = lines.map((_, at) => `export const names${at}: string[] = Object.keys(entry${at});`);
  writeFileSync(join(cwd, 'consumer.mts'), [...lines, ...uses].join('\n'));
  const config = { compilerOptions: consumerOptions, files: ['consumer.mts'] };
  writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return runTool([process.execPath, tsc, '-p', '.'], { cwd });
};

/**
 * Bundlers must find no Node module on the way from our entry.
 * @param {string} cwd @returns {Promise<Outcome>}
 */
const bundleForBrowser = async (cwd) => {
  const { errors } = await build({
    entryPoints: [join(cwd, 'consumer.mjs')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  }).catch((/** @type {import('esbuild').BuildFailure} */ failure) => failure);
  return { code: errors.length, output: errors.map(({ text }) => text).join('\n') };
};

/** @param {Tarball} tarball @param {Tarball[]} all @param {string} parent folder for consumers */
export const checkTarball = async (tarball, all, parent) => {
  const cwd = join(parent, tarball.name.replace('/', '-'));
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  /** @type {[string, () => Promise<Outcome>][]} */
  const checks = [
    ['publint', () => lint(tarball)],
    ['install', () => install(tarball, all, cwd)],
    ['licence', () => findLicence(tarball, cwd)],
    ['import', () => importInNode(tarball, cwd)],
    ['types', () => typeCheck(tarball, cwd)],
  ];
  if (!NODE_ONLY.includes(tarball.name)) {
    checks.push(['browser', () => bundleForBrowser(cwd)]);
  }
  const results = [];
  for (const [check, run] of checks) {
    const { code, output } = await run();
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${tarball.name} ${check}`);
    if (code !== 0) console.log(output.trimEnd());
    results.push(code === 0 ? PASSED : FAILED);
  }
  return total(results);
};
