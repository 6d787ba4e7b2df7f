// Forgetting attention without pruning: one fused kernel of ours, a composition of matmuls and softmax of a peer.

import { forgettingAttention } from '@vulpes/fox-attention';
import type { Tensor } from '@vulpes/tensor-core';
import type { CaseReport } from '../report/report.ts';
import { hostInputs, readSizes } from '../suites/attention/inputs.ts';
import { forwardBackward } from '../suites/gradients.ts';
import { download, type Exercise } from './exercise.ts';
import type { AttentionJob } from './job.ts';

type Inputs = Readonly<Record<'q' | 'k' | 'v' | 'logFgate', Tensor>>;

const attend = ({ q, k, v, logFgate }: Inputs): Tensor => forgettingAttention(q, k, v, logFgate);

/**
 * A composition subtracts sums Λ of log f in f32, down to −0.8 a token in heads that forget: at 8,192 tokens their last bit is 5e-4,
 * and so is the error of a weight. Measured: 3e-6 at 256 tokens, 1.1e-5 at 1,024.
 */
const BOUND = 1e-3;

/** The numbers of the case itself. */
function jobOf({ mode, dims }: CaseReport): AttentionJob {
  const sizes = readSizes(dims);
  const { batch, seqLen: length, numHeads: heads, headDim } = sizes;
  const { dOut, ...inputs } = hostInputs(sizes);
  const isBoth = mode === 'forward+backward';
  return {
    kind: 'attention',
    batch,
    length,
    heads,
    headDim,
    ...inputs,
    dOut: isBoth ? dOut : null,
  };
}

/** Outputs: `out`, and where the case has gradients `dq`, `dk`, `dv`, `dLogFgate`. */
export function attentionExercise(of: CaseReport): Exercise {
  return {
    suite: 'attention',
    caseId: of.id,
    variant: 'dense',
    what: 'f32, causal, the inputs of the case, nothing pruned',
    bound: BOUND,
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
