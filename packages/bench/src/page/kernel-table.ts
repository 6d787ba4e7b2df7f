// The programs that ran: each kernel with the spec that was chosen for it.

import type { BenchReport } from '../report/report.ts';
import type { RowTable } from '../report/rows.ts';

interface Program {
  readonly kernel: string;
  readonly spec: string;
  readonly suites: Set<string>;
  /** Of the kernel time of one run, the most that it took. */
  share: number;
  /** That run. */
  run: string;
}

/** A row a kernel and spec: the heaviest kernel first, of each its heaviest spec; null where nothing was profiled. */
export function kernelTable({ cases }: BenchReport): RowTable | null {
  const programs = new Map<string, Program>();
  for (const { suite, id, variants } of cases) {
    for (const { name, timing } of variants) {
      const kernels = timing?.kernels ?? [];
      const sum = kernels.reduce((all, { ms }) => all + ms, 0);
      for (const { label, ms } of kernels) {
        const program = programs.get(label) ?? programOf(label);
        program.suites.add(suite);
        const share = sum > 0 ? ms / sum : 0;
        if (share >= program.share) Object.assign(program, { share, run: `${id} ${name}` });
        programs.set(label, program);
      }
    }
  }
  if (programs.size === 0) return null;
  const heaviest = [...programs.values()].sort((a, b) => b.share - a.share);
  const kernels = [...new Set(heaviest.map(({ kernel }) => kernel))];
  const sorted = kernels.flatMap((name) => heaviest.filter(({ kernel }) => kernel === name));
  return { columns: ['kernel', 'spec', 'at most', 'of a run', 'suites'], rows: sorted.map(rowOf) };
}

const rowOf = ({ kernel, spec, share, run, suites }: Program): string[] => [
  kernel,
  spec || '-',
  `${(100 * share).toFixed(1)} %`,
  run,
  [...suites].join(', '),
];

/** `name[A=1,B=2]`: name, and `A=1, B=2`. */
function programOf(label: string): Program {
  const [kernel = label, spec = ''] = label.split(/[[\]]/);
  return { kernel, spec: spec.replaceAll(',', ', '), suites: new Set(), share: 0, run: '' };
}
