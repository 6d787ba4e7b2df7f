// c = a b in f32.

import { matmul } from '@vulpes/wgsl-kernels';
import type { CaseReport } from '../report/report.ts';
import { normals } from '../suites/random.ts';
import { download, type Exercise } from './exercise.ts';

export function matmulExercise({
  id,
  dims: { M: m = 1, N: n = 1, K: k = 1 },
}: CaseReport): Exercise {
  return {
    suite: 'matmul',
    caseId: id,
    variant: 'nn',
    what: 'f32, a and b ~ N(0, 1)',
    // Sums of K products in f32, in another order: 6e-8 √K at most, 4e-6 at K = 4,096. A product in f16 or tf32 is off by more than 1e-4.
    bound: 1e-5,
    async prepare(device) {
      const [aData, bData] = [normals(1, m * k), normals(2, k * n)];
      const [a, b] = [device.tensor(aData, [m, k]), device.tensor(bData, [k, n])];
      const record = () => ({ c: matmul(a, b) });
      return {
        job: { kind: 'matmul', m, n, k, a: aData, b: bData },
        ours: {
          record,
          outputs: () => download(device.scope(record)),
          dispose() {
            a.dispose();
            b.dispose();
          },
        },
      };
    },
  };
}
