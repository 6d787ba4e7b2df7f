// The diagnosis as text. Pure.

import type { DeviceCaps } from '@vulpes/tensor-core';
import type { Advice } from './advice.ts';
import type { AdapterReport, Diagnosis } from './diagnosis.ts';
import type { Host } from './host.ts';
import { describeFits, formatBytes, formatCount } from './memory.ts';

export function formatDiagnosis(diagnosis: Diagnosis): string {
  const { adapter, advice, browsers, attempts } = diagnosis;
  const sections = [
    section('Machine', hostLines(diagnosis.host)),
    ...(adapter
      ? adapterSections(adapter)
      : [
          section(
            'No adapter works',
            attempts.map((attempt) => attempt.problem ?? ''),
          ),
        ]),
    section('What is missing', advice.length > 0 ? advice.flatMap(adviceLines) : ['nothing']),
    section('In a browser', [...browsers]),
  ];
  return `${sections.join('\n\n')}\n\n${verdict(diagnosis)}\n`;
}

const section = (title: string, lines: readonly string[]): string =>
  [title, ...lines.map((line) => `  ${line}`)].join('\n');

function hostLines(host: Host): string[] {
  const { node, platform, arch, cores, memoryBytes, environment, vulkan } = host;
  return [
    `Node ${node}, ${platform} ${arch}, ${cores} cores, ${formatBytes(memoryBytes)} of memory`,
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...(vulkan
      ? [
          `Vulkan loader: ${vulkan.loader ?? 'none on this system'}`,
          `Vulkan drivers: ${vulkan.manifests.join(', ') || 'none on this system'}`,
        ]
      : []),
  ];
}

function adapterSections({ caps, variants, fits, selfTest }: AdapterReport): string[] {
  const state = selfTest.passed ? 'passed' : 'FAILED';
  return [
    section('Adapter', adapterLines(caps)),
    section('Features', featureLines(caps)),
    section(
      'Limits',
      Object.entries(caps.limits).map(([name, value]) => `${name} ${limitText(name, value)}`),
    ),
    section('What fits', describeFits(fits)),
    section('Kernels', [
      `family: ${caps.kernels}${caps.kernels === 'gpu' ? ' (workgroup-memory tiles)' : ' (register blocks, no barriers)'}`,
      'a linear layer of 1,024 tokens, 768 -> 768, forward and backward:',
      ...variants.matmul.map((label) => `  ${label}`),
      'attention of 1,024 tokens, 12 heads of 64, forward and backward:',
      ...variants.attention.map((label) => `  ${label}`),
    ]),
    section('Self-test', [
      `${state} in ${selfTest.milliseconds.toFixed(0)} ms: ${selfTest.detail}`,
    ]),
  ];
}

function adapterLines({ adapter, isSoftware, notes, toggles }: DeviceCaps): string[] {
  return [
    `description:  ${adapter.description || '(none given)'}`,
    `vendor:       ${adapter.vendor || '(none given)'}`,
    `architecture: ${adapter.architecture || '(none given)'}`,
    `kind:         ${isSoftware ? 'software, on the CPU' : 'hardware'}`,
    ...notes.map((note) => `why:          ${note}`),
    `toggles:      ${toggles.join(' ') || 'none'}`,
  ];
}

function featureLines({ features }: DeviceCaps): string[] {
  const names = {
    f16: 'shader-f16',
    subgroups: 'subgroups',
    subgroupMatrix: 'subgroup matrices (experimental)',
    timestampQuery: 'timestamp-query',
  } as const;
  return Object.entries(names).map(
    ([key, name]) => `${features[key as keyof typeof names] ? 'yes' : 'no '} ${name}`,
  );
}

const limitText = (name: string, value: number): string =>
  /Size$/.test(name) ? formatBytes(value) : formatCount(value);

const adviceLines = ({ missing, costs, todo }: Advice): string[] => [
  `- ${missing}`,
  `    costs: ${costs}`,
  `    to do: ${todo}`,
];

function verdict({ adapter, host: { launcher } }: Diagnosis): string {
  if (!adapter) return 'Vulpes cannot run here yet: no adapter works. See above for what to do.';
  const kind = adapter.caps.isSoftware ? 'on the CPU, slowly' : 'on the GPU';
  const commands = [
    [launcher ? 'verify' : 'npm run verify', 'checks every result against the official code'],
    [launcher ? 'trainer train' : 'npm start', 'trains a small model'],
    [launcher ? 'inspect RUN' : 'npm run inspect -- RUN', 'draws what its heads remember'],
    [launcher ? 'bench' : 'npm run bench', 'times kernels and training steps'],
  ].map(([command = '', what = '']) => [launcher ? `${launcher} ${command}` : command, what]);
  const width = Math.max(...commands.map(([command = '']) => command.length));
  return [
    `Vulpes runs here, ${kind}. What next:`,
    ...commands.map(([command = '', what]) => `  ${command.padEnd(width)}   ${what}`),
  ].join('\n');
}
