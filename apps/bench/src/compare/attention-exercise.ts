// Forgetting attention without pruning: one fused kernel of ours, a composition of matmuls and softmax of a peer.

import { caseId } from '@vulpes/bench';
import { forgettingAttention, selectBlocks } from '@vulpes/fox-attention';
import {
  type Device,
  type DeviceCaps,
  defineOp,
  type Tensor,
  valueAndGrad,
} from '@vulpes/tensor-core';
import { download, type Exercise } from './exercise.ts';
import type { AttentionJob } from './protocol.ts';
import { normals } from './random.ts';

interface Sizes {
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  readonly headDim: number;
  readonly isBackward: boolean;
}

type Inputs = Readonly<Record<'q' | 'k' | 'v' | 'logFgate', Tensor>>;

/** A loss of 0 whose gradient with respect to its input is `dOut`. */
const probe = defineOp<{ readonly dOut: Tensor }>({
  name: 'yardstick-probe',
  forward: ({ device }) => ({ outputs: [device.zeros([1])] }),
  backward: ({ device, attrs: { dOut } }) => [device.view(dOut, dOut.shape)],
});

const attend = ({ q, k, v, logFgate }: Inputs): Tensor => forgettingAttention(q, k, v, logFgate);

function withGradients(device: Device, inputs: Inputs, dOut: Tensor): Record<string, Tensor> {
  const step = valueAndGrad(device, (learned: Record<string, Tensor>) => {
    const o = attend(learned as Inputs);
    return { loss: probe([o], { dOut })[0] as Tensor, aux: o };
  });
  return device.scope(() => {
    const { aux, grads } = step({ ...inputs });
    const { q, k, v, logFgate } = grads as Inputs;
    return { o: aux as Tensor, dq: q, dk: k, dv: v, dLogFgate: logFgate };
  });
}

function hostInputs({ batch, length, heads, headDim, isBackward }: Sizes): AttentionJob {
  const size = batch * length * heads * headDim;
  const logits = normals(5, batch * length * heads);
  return {
    kind: 'attention',
    batch,
    length,
    heads,
    headDim,
    q: normals(1, size),
    k: normals(2, size),
    v: normals(3, size),
    logFgate: logits.map((logit) => -Math.log1p(Math.exp(-(4 + logit)))),
    dOut: isBackward ? normals(4, size) : null,
  };
}

/** Named as the attention suite names its cases: with the tile that our dense variant uses. */
export function attentionExercise(sizes: Sizes, caps: DeviceCaps): Exercise {
  const { batch: B, length: T, heads: H, headDim: D, isBackward } = sizes;
  const mode = isBackward ? 'forward+backward' : 'forward';
  const block = selectBlocks({ keyLen: T }, caps).blockM;
  return {
    suite: 'attention',
    caseId: caseId({ op: 'forgetting-attention', mode, dims: { B, T, H, D, block } }),
    variant: 'dense',
    what: 'f32, causal, q, k, v ~ N(0, 1), log f = logsigmoid(N(4, 1)), nothing pruned',
    bound: 1e-3,
    async prepare(device) {
      const job = hostInputs(sizes);
      const upload = (data: Float32Array) => device.tensor(data, [B, T, H, D]);
      const inputs = {
        q: upload(job.q),
        k: upload(job.k),
        v: upload(job.v),
        logFgate: device.tensor(job.logFgate, [B, T, H]),
      };
      const dOut = job.dOut && upload(job.dOut);
      const record = (): Record<string, Tensor> =>
        dOut ? withGradients(device, inputs, dOut) : { o: attend(inputs) };
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
