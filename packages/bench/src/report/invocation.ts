// The options of a run, as a user writes them.

import type { ReportSettings } from '../schema.ts';

/** `--case T512 --max-tokens 4096`: what cut the cases of the suites down, and chose the device; empty where nothing did. */
export function formatInvocation({
  caseText,
  maxTokens,
  presets,
  adapter,
  kernels,
}: ReportSettings): string {
  const option = (name: string, value: string | number | null): string[] =>
    value === null || value === 'auto' ? [] : [`${name} ${value}`];
  return [
    ...option('--case', caseText),
    ...option('--max-tokens', maxTokens),
    ...option('--preset', presets?.join(',') ?? null),
    ...option('--adapter', adapter),
    ...listVariants(kernels),
  ].join(' ');
}

/** One option a variant. Older reports name the kernels of all ops: `gpu` or `software`. */
function listVariants(kernels: string | null): string[] {
  if (kernels === null || kernels === 'auto') return [];
  return (OLDER_NAMES[kernels] ?? kernels).split(', ').map((variant) => `--variant ${variant}`);
}

const OLDER_NAMES: Readonly<Record<string, string>> = { gpu: 'tiled', software: 'scalar' };
