// What ran the benchmark, in rows.

import { counted } from '../report/format.ts';
import { formatInvocation } from '../report/invocation.ts';
import type { BenchReport } from '../report/report.ts';
import type { RowTable } from '../report/rows.ts';

export function machineTable({ machine, settings, createdAt }: BenchReport): RowTable {
  const { adapter, features, limits, toggles, notes, host } = machine;
  const named = (isThere: boolean) =>
    Object.entries(features)
      .filter(([, has]) => has === isThere)
      .map(([name]) => name)
      .join(', ') || 'none';
  const storage = limits.maxComputeWorkgroupStorageSize / 1024;
  const rows = [
    ['adapter', `${adapter.vendor} ${adapter.device || adapter.architecture}`],
    ['driver', adapter.description],
    ['kernels', machine.kernels ?? 'chosen by op'],
    ['features', named(true)],
    ['features that it lacks', named(false)],
    [
      'limits of a workgroup',
      `${storage} KiB, ${limits.maxComputeInvocationsPerWorkgroup} invocations`,
    ],
    ['toggles', toggles.join('; ') || 'none'],
    ['notes', notes.join(' ') || 'none'],
    ['host', `${host.cpu ?? 'unknown CPU'}, ${counted(host.cores, 'core')}, ${host.platform}`],
    ['runtime', host.runtime],
    ['commit', commitOf(machine)],
    ['made at', createdAt],
    [
      'asked for',
      [`--suite ${settings.suites.join(',')}`, formatInvocation(settings)].join(' ').trim(),
    ],
    ['timed runs', runsOf(settings)],
  ];
  return { columns: ['machine', ''], rows };
}

function runsOf({ runs, warmSeconds, longRunMs }: BenchReport['settings']): string {
  const fewer = longRunMs === null ? '' : `; fewer where one takes more than ${longRunMs / 1000} s`;
  return `${runs} after ${warmSeconds} s of warm-up${fewer}`;
}

export function commitOf({ host }: BenchReport['machine']): string {
  if (!host.commit) return 'commit unknown';
  return `commit ${host.commit.slice(0, 10)}${host.isDirty ? ', files changed' : ''}`;
}
