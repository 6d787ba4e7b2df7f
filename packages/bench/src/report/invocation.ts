// The options of a run, as a user writes them.

import type { ReportSettings } from '../schema.ts';

/** `--case T512 --preset pro-125m`: what cut the cases of the suites down, and chose the device; empty where nothing did. */
export function formatInvocation({ caseText, presets, adapter, kernels }: ReportSettings): string {
  const option = (name: string, value: string | null): string[] =>
    value === null || value === 'auto' ? [] : [`${name} ${value}`];
  return [
    ...option('--case', caseText),
    ...option('--preset', presets?.join(',') ?? null),
    ...option('--adapter', adapter),
    ...(kernels?.split(', ') ?? []).flatMap((variant) => option('--variant', variant)),
  ].join(' ');
}
