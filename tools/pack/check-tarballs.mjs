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

/** All of them beside each other: what a package imports without declaring it, `npm run check -- layers` finds. @param {readonly Tarball[]} tarballs @param {string} cwd @returns {Promise<Outcome>} */
const install = (tarballs, cwd) => {
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
  const files = tarballs.map(({ file }) => file);
  return runTool(['npm', 'install', ...flags, ...files], { cwd, env: toolEnv() });
};

/** The installed package brings the licence. @param {Tarball} tarball @param {string} cwd */
const findLicence = async ({ name }, cwd) => {
  const file = join(cwd, 'node_modules', ...name.split('/'), 'LICENSE');
  return existsSync(file) ? { code: 0, output: '' } : { code: 1, output: `expected ${file}` };
};

/** What a consumer imports: every entry but the one for tests, which needs vitest. @param {Tarball} tarball @param {readonly string[]} [others] entries to leave out */
const imports = ({ name, manifest }, others = []) =>
  Object.keys(manifest.exports ?? {})
    .filter((entry) => !['./testing', './package.json', ...others].includes(entry))
    .map((entry, at) => `import * as entry${at} from '${name}${entry.slice(1)}';`);

/** @param {Tarball} tarball */
const consumerName = ({ name }) => name.replace('/', '-');

/** @param {Tarball} tarball @param {string} cwd @returns {Promise<Outcome>} */
const importInNode = (tarball, cwd) => {
  const lines = imports(tarball);
  const code = [...lines, `console.log([${lines.map((_, at) => `entry${at}`)}].map(Object.keys));`];
  const file = `${consumerName(tarball)}.mjs`;
  writeFileSync(join(cwd, file), code.join('\n'));
  return runTool([process.execPath, file], { cwd });
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

/** One program for all: what they share is read once. @param {readonly Tarball[]} tarballs @param {string} cwd @returns {Promise<Outcome>} */
const typeCheck = (tarballs, cwd) => {
  const files = tarballs.map((tarball) => {
    const lines = imports(tarball);
    const uses = lines.map((_, at) => `export const names${at} = Object.keys(entry${at});`);
    const file = `${consumerName(tarball)}.mts`;
    writeFileSync(join(cwd, file), [...lines, ...uses].join('\n'));
    return file;
  });
  const config = { compilerOptions: consumerOptions, files };
  writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return runTool([process.execPath, tsc, '-p', '.'], { cwd });
};

/**
 * Bundlers must find no Node module on the way from our entries, but those for Node.
 * @param {Tarball} tarball @param {string} cwd @returns {Promise<Outcome>}
 */
const bundleForBrowser = async (tarball, cwd) => {
  const { errors } = await build({
    stdin: {
      contents: imports(tarball, ['./node'])
        .map((line) => line.replace('import', 'export'))
        .join('\n'),
      resolveDir: cwd,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  }).catch((/** @type {import('esbuild').BuildFailure} */ failure) => failure);
  return { code: errors.length, output: errors.map(({ text }) => text).join('\n') };
};

/** @typedef {[name: string, run: () => Promise<Outcome>]} Step */

/** @param {readonly Step[]} steps */
const runSteps = async (steps) => {
  const results = [];
  for (const [name, run] of steps) {
    const { code, output } = await run();
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`);
    if (code !== 0) console.log(output.trimEnd());
    results.push(code === 0 ? PASSED : FAILED);
  }
  return total(results);
};

/** @param {readonly Tarball[]} tarballs @param {string} cwd folder of the consumers, which is made */
export const checkTarballs = (tarballs, cwd) => {
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  /** @type {Step[]} */
  const steps = [['install', () => install(tarballs, cwd)]];
  for (const tarball of tarballs) {
    const { name } = tarball;
    steps.push([`${name} publint`, () => lint(tarball)]);
    steps.push([`${name} licence`, () => findLicence(tarball, cwd)]);
    steps.push([`${name} import`, () => importInNode(tarball, cwd)]);
    if (!NODE_ONLY.includes(name))
      steps.push([`${name} browser`, () => bundleForBrowser(tarball, cwd)]);
  }
  return runSteps([...steps, ['types', () => typeCheck(tarballs, cwd)]]);
};
