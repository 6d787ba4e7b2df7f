// A WebGPU adapter on the CPU that has subgroup matrices (8 x 8 x 8, f16 and f32), for tests:
// Mesa's lavapipe of trixie-backports, and a copy of this Node that uses the libraries beside it.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { withLock } from '../setup/lock.mjs';
import { StepError, step } from '../setup/report.mjs';
import { findMissingApt, unpackPackages } from './debian.mjs';
import { patchElf } from './patch-elf.mjs';

const SUITES = ['trixie', 'trixie-backports'];
const PACKAGES = ['mesa-vulkan-drivers', 'libvulkan1', 'libstdc++6'];
const MIN_MESA = { major: 26, minor: 1 }; // the first lavapipe with subgroup matrices

/** Why this machine cannot have the adapter; null where it can. */
export const findObstacle = () =>
  process.platform === 'linux' && process.arch === 'x64'
    ? findMissingApt()
    : `expected Linux x64, got ${process.platform} ${process.arch}`;

/** As the software adapter's: the user's cache, or VULPES_CACHE_DIR. */
const cacheFolder = (env = process.env) => {
  if (env.VULPES_CACHE_DIR) return env.VULPES_CACHE_DIR;
  const home = env.XDG_CACHE_HOME;
  return join(home && isAbsolute(home) ? home : join(homedir(), '.cache'), 'vulpes');
};

/** @param {readonly string[]} names files such as mesa-vulkan-drivers_26.1.6-1~bpo13+1_amd64.deb */
export const checkMesa = (names) => {
  const found = names.map((name) => /^mesa-vulkan-drivers_(\d+)\.(\d+)/.exec(name)).find(Boolean);
  const [major = 0, minor = 0] = (found ?? []).slice(1).map(Number);
  const isEnough = major > MIN_MESA.major || (major === MIN_MESA.major && minor >= MIN_MESA.minor);
  if (isEnough) return;
  throw new StepError(
    `vulpes: expected Mesa ${MIN_MESA.major}.${MIN_MESA.minor} or newer from ${SUITES.at(-1)}, got ${found?.[0] ?? 'none'}`,
  );
};

const LIBRARIES = ['root', 'usr', 'lib', 'x86_64-linux-gnu'];
const MANIFEST = ['root', 'usr', 'share', 'vulkan', 'icd.d', 'lvp_icd.json'];

/** @param {string} folder */
const getNode = (folder) => join(folder, 'node');

/** @param {string} folder */
const getIcdFile = (folder) => join(folder, 'lvp_icd.json');

/**
 * A copy of this Node with the dynamic linker and the libraries of Debian trixie.
 * @param {string} now where it is written @param {string} final where it will lie in the end
 */
const copyNode = (now, final) => {
  const linker = join(final, ...LIBRARIES, 'ld-linux-x86-64.so.2');
  const node = patchElf(readFileSync(process.execPath), { linker, libraries: '$ORIGIN/lib' });
  writeFileSync(getNode(now), node, { mode: 0o755 });
  symlinkSync(join(...LIBRARIES), join(now, 'lib'));
};

/**
 * The driver's manifest, by absolute path.
 * @param {string} now where it is written @param {string} final where it will lie in the end
 */
const writeManifest = (now, final) => {
  const manifest = JSON.parse(readFileSync(join(now, ...MANIFEST), 'utf8'));
  const { library_path: driverName } = manifest.ICD;
  const driver = join(final, ...LIBRARIES, basename(driverName));
  const ICD = { ...manifest.ICD, library_path: driver };
  writeFileSync(getIcdFile(now), JSON.stringify({ ...manifest, ICD }));
};

/** What one that was killed has left. @param {string} folder */
const removeUnfinished = (folder) => {
  for (const name of readdirSync(dirname(folder))) {
    if (!name.startsWith(`${basename(folder)}.unfinished-`)) continue;
    rmSync(join(dirname(folder), name), { recursive: true, force: true });
  }
};

/** @param {string} folder */
const make = async (folder) => {
  removeUnfinished(folder);
  const unfinished = `${folder}.unfinished-${process.pid}`;
  const apt = join(unfinished, 'apt');
  mkdirSync(apt, { recursive: true });
  const root = join(unfinished, 'root');
  checkMesa(await unpackPackages({ folder: apt, root, suites: SUITES, packages: PACKAGES }));
  copyNode(unfinished, folder);
  writeManifest(unfinished, folder);
  rmSync(apt, { recursive: true });
  renameSync(unfinished, folder);
};

/**
 * Sets the adapter up once (60 MB to download, 300 MB on disk, half a minute).
 * @returns {Promise<{ node: string, env: Record<string, string> }>} what runs scripts on it
 */
export const prepareMatrixAdapter = async () => {
  const parent = cacheFolder();
  const folder = join(parent, `matrix-adapter-node-${process.versions.node}`);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  if (!existsSync(folder)) {
    await withLock(`${folder}.lock`, async () => {
      if (existsSync(folder)) return;
      await step('set up an adapter with subgroup matrices', () => make(folder));
    });
  }
  return { node: getNode(folder), env: { VK_DRIVER_FILES: getIcdFile(folder) } };
};
