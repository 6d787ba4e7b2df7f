// Forgetting attention without pruning: one fused kernel of ours, a composition of matmuls and softmax of a peer.

import { type CaseReport, forwardBackward, normals } from '@vulpes/bench';
import { forgettingAttention } from '@vulpes/fox-attention';
import type { Tensor } from '@vulpes/tensor-core';
import { download, type Exercise } from './exercise.ts';
import type { AttentionJob } from './protocol.ts';

type Inputs = Readonly<Record<'q' | 'k' | 'v' | 'logFgate', Tensor>>;

const attend = ({ q, k, v, logFgate }: Inputs): Tensor => forgettingAttention(q, k, v, logFgate);

function jobOf({ mode, dims: { B = 1, T = 1, H = 1, D = 1 } }: CaseReport): AttentionJob {
  const size = B * T * H * D;
  const logits = normals(5, B * T * H);
  return {
    kind: 'attention',
    batch: B,
    length: T,
    heads: H,
    headDim: D,
    q: normals(1, size),
    k: normals(2, size),
    v: normals(3, size),
    logFgate: logits.map((logit) => -Math.log1p(Math.exp(-(4 + logit)))),
    dOut: mode === 'forward+backward' ? normals(4, size) : null,
  };
}

/** Outputs: `out`, and where the case has gradients `dq`, `dk`, `dv`, `dLogFgate`. */
export function attentionExercise(of: CaseReport): Exercise {
  return {
    suite: 'attention',
    caseId: of.id,
    variant: 'dense',
    what: 'f32, causal, q, k, v ~ N(0, 1), log f = logsigmoid(N(4, 1)), nothing pruned',
    bound: 1e-3,
    async prepare(device) {
      const job = jobOf(of);
      const { batch, length, heads, headDim } = job;
      const upload = (data: Float32Array) => device.tensor(data, [batch, length, heads, headDim]);
      const inputs = {
        q: upload(job.q),
        k: upload(job.k),
        v: upload(job.v),
        logFgate: device.tensor(job.logFgate, [batch, length, heads]),
      };
      const dOut = job.dOut && upload(job.dOut);
      const record = (): Record<string, Tensor> =>
        dOut
          ? forwardBackward(device, inputs, dOut, (learned) => attend(learned as Inputs))
          : { out: attend(inputs) };
      return {
        job,
        ours: {
          record,
          outputs: () => download(device.scope(record)),
          dispose() {
            for (const tensor of [...Object.values(inputs), dOut]) tensor?.dispose();
          },
        },
      };
    },
  };
}
