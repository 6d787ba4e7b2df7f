// c = a b in f32.

import { caseId } from '@vulpes/bench';
import { matmul } from '@vulpes/wgsl-kernels';
import { download, type Exercise } from './exercise.ts';
import { normals } from './random.ts';

export const matmulExercise = (size: number): Exercise => ({
  suite: 'matmul',
  caseId: caseId({ op: 'matmul', mode: 'forward', dims: { M: size, N: size, K: size } }),
  variant: 'nn',
  what: 'f32, a and b ~ N(0, 1)',
  bound: 1e-5,
  async prepare(device) {
    const [aData, bData] = [normals(1, size * size), normals(2, size * size)];
    const [a, b] = [device.tensor(aData, [size, size]), device.tensor(bData, [size, size])];
    const record = () => ({ c: matmul(a, b) });
    return {
      job: { kind: 'matmul', m: size, n: size, k: size, a: aData, b: bData },
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
});
