// What ran the benchmark, in rows.

import { counted } from '../report/format.ts';
import { formatInvocation } from '../report/invocation.ts';
import type { BenchReport } from '../report/report.ts';
import type { RowTable } from '../report/rows.ts';

export function machineTable({ machine, settings }: BenchReport): RowTable {
  const { adapter, features, notes, host } = machine;
  const named = Object.entries(features).flatMap(([name, isThere]) => (isThere ? [name] : []));
  const asked = [`--suite ${settings.suites.join(',')}`, formatInvocation(settings)];
  const rows = [
    ['adapter', `${adapter.vendor} ${adapter.device || adapter.architecture}`],
    ['driver', adapter.description],
    ['kernels', machine.kernels ?? 'chosen by op'],
    ['features', named.join(', ') || 'none'],
    ['notes', notes.join(' ') || 'none'],
    ['host', `${host.cpu ?? 'unknown CPU'}, ${counted(host.cores, 'core')}, ${host.platform}`],
    ['runtime', host.runtime],
    ['asked for', asked.join(' ').trim()],
    [
      'timed runs',
      `${settings.runs} after ${settings.warmSeconds} s of warm-up; fewer of long ones`,
    ],
  ];
  return { columns: ['machine', ''], rows };
}
