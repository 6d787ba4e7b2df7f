// The diagnosis as text. Pure.

import { formatBytes, formatInteger } from '@vulpes/cli-kit';
import { type DeviceCaps, formatMatrixConfig, type VariantReport } from '@vulpes/tensor-core';
import type { Advice } from './advice.ts';
import type { AdapterReport, Diagnosis } from './diagnosis.ts';
import type { Host } from './host.ts';
import { describeWhatFits } from './memory.ts';

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
  return `${sections.join('\n\n')}\n\n${formatConclusion(diagnosis)}\n`;
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
      Object.entries(caps.limits).map(([name, value]) => `${name} ${formatLimit(name, value)}`),
    ),
    section('What fits', describeWhatFits(fits)),
    section('Kernel variants', variants.flatMap(variantLines)),
    section('Self-test', [
      `${state} in ${selfTest.milliseconds.toFixed(0)} ms: ${selfTest.detail}`,
    ]),
  ];
}

/** The variant that runs, and below it why the better ones do not. */
function variantLines({ op, runs, variants }: VariantReport): string[] {
  const best = variants.findIndex(({ name }) => name === runs);
  const others = best === -1 ? variants : variants.slice(0, best);
  return [
    `${op}: ${runs ?? 'none can run'}${best === -1 ? '' : ` (${variants[best]!.reason})`}`,
    ...others.map(({ name, reason }) => `  not ${name}: ${reason}`),
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

function featureLines(caps: DeviceCaps): string[] {
  const { features, subgroupMinSize: min, subgroupMaxSize: max, subgroupMatrixConfigs } = caps;
  const sizes = min === max ? `of ${min}` : `of ${min} to ${max}`;
  const matrices = subgroupMatrixConfigs.map(formatMatrixConfig);
  return [
    `${yesNo(features.f16)} shader-f16`,
    `${yesNo(features.subgroups)} subgroups${max > 0 ? ` ${sizes} threads` : ''}`,
    `${yesNo(features.subgroupMatrix)} subgroup matrices (experimental)`,
    ...matrices.map((config) => `      ${config}`),
    `${yesNo(features.timestampQuery)} timestamp-query`,
  ];
}

const yesNo = (has: boolean): string => (has ? 'yes' : 'no ');

const formatLimit = (name: string, value: number): string =>
  /Size$/.test(name) ? formatBytes(value) : formatInteger(value);

const adviceLines = ({ missing, costs, todo }: Advice): string[] => [
  `- ${missing}`,
  `    costs: ${costs}`,
  `    to do: ${todo}`,
];

function formatConclusion({ adapter, host: { launcher } }: Diagnosis): string {
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
