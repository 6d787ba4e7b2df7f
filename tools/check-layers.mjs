// Fails on an import that tools/layers.json does not allow: another edge between packages, a deep
// import, an undeclared dependency, an unused one, a node: module in code for browsers, an import cycle, a large circle of files
// that import each other's types.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { circleFaults, cycleFaults } from './layers/cycles.mjs';
import { layerFaults } from './layers/rules.mjs';
import { unusedFaults } from './layers/unused.mjs';
import { readManifest, readWorkspace } from './layers/workspace.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const layers = JSON.parse(readFileSync(new URL('layers.json', import.meta.url), 'utf8'));
const members = readWorkspace(root);
const rootDevDependencies = Object.keys(readManifest(`${root}package.json`).devDependencies ?? {});

const faults = [
  ...layerFaults({ layers, members, rootDevDependencies }),
  ...members.flatMap(cycleFaults),
  ...members.flatMap((member) => unusedFaults(members, member)),
  ...members.flatMap(circleFaults),
];
for (const fault of faults) console.error(fault);
const files = members.reduce((sum, member) => sum + member.files.length, 0);
console.log(`layers: ${members.length} packages and apps, ${files} files, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
