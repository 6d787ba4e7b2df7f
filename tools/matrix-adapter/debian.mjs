// Debian packages without root: apt with lists of its own, which checks signatures and hashes.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../setup/child.mjs';
import { StepError } from '../setup/report.mjs';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const NEEDED = ['/usr/bin/apt-get', '/usr/bin/dpkg-deb', KEYRING];

/** What is missing here to get packages of Debian; null where nothing is. */
export const findMissingApt = () => {
  const missing = NEEDED.filter((file) => !existsSync(file));
  if (missing.length > 0) return `expected ${NEEDED.join(', ')}, missing ${missing.join(', ')}`;
  return findMirror() ? null : "expected a mirror of Debian in apt's sources, found none";
};

export const isDebian = () => {
  try {
    return /^ID="?debian"?$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
};

/** The mirror of Debian that this machine's own apt uses; null where its sources name none. */
const findMirror = () => {
  const folder = '/etc/apt/sources.list.d';
  const files = ['/etc/apt/sources.list'].filter((file) => existsSync(file));
  if (existsSync(folder)) files.push(...readdirSync(folder).map((name) => join(folder, name)));
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const active = text.replace(/^\s*#.*$/gm, '');
  return /https?:\/\/\S+\/debian\/?(?=\s|$)/.exec(active)?.[0] ?? null;
};

/** @param {readonly [string, ...string[]]} command @param {string} cwd */
const run = async (command, cwd) => {
  const { code, output } = await runTool(command, { cwd });
  if (code === 0) return;
  const lines = output.trimEnd().split('\n').slice(-20).join('\n');
  throw new StepError(`${lines}\nvulpes: ${command[0]} failed (exit code ${code})`);
};

/** @param {string} folder for lists and downloads @param {readonly string[]} suites */
const configure = (folder, suites) => {
  for (const name of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(folder, ...name.split('/')), { recursive: true });
  }
  writeFileSync(join(folder, 'status'), ''); // nothing is installed: every dependency is fetched
  const mirror = findMirror();
  if (!mirror)
    throw new StepError("vulpes: expected a mirror of Debian in apt's sources, found none");
  const lines = suites.map((suite) => `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`);
  writeFileSync(join(folder, 'sources.list'), lines.join(''));
  const options = {
    'APT::Architecture': 'amd64',
    'APT::Sandbox::User': 'root', // no change of user: we may not be root
    'APT::Update::Error-Mode': 'any', // without network, fail here
    'Dir::State::status': join(folder, 'status'),
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
};

/**
 * Downloads packages with all that they depend on, and unpacks them.
 * @param {{ folder: string, root: string, suites: readonly string[], packages: readonly string[] }} options
 * `folder` for lists and downloads, `root` for the unpacked files; the last of `suites` is preferred
 * @returns {Promise<string[]>} file names of the packages
 */
export const unpackPackages = async ({ folder, root, suites, packages }) => {
  mkdirSync(root, { recursive: true });
  const options = configure(folder, suites);
  const last = /** @type {string} */ (suites.at(-1));
  await run(['apt-get', '-q', ...options, 'update'], folder);
  const flags = ['-q', '-y', '--download-only', '--no-install-recommends', '-t', last];
  await run(['apt-get', ...options, ...flags, 'install', ...packages], folder);
  const archives = join(folder, 'cache', 'archives');
  const names = readdirSync(archives).filter((name) => name.endsWith('.deb'));
  for (const name of names) await run(['dpkg-deb', '-x', join(archives, name), root], folder);
  return names;
};
