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
    ...option('--kernels', kernels),
  ].join(' ');
}
