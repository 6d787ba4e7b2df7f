import { expectMatch, gpuSuite, randomArray } from '@vulpes/tensor-core/testing';
import { test } from 'vitest';
import { defineKernel } from '../define-kernel.ts';
import { referenceCumulativeLogGate } from '../ops/cumulative-log-gate/cumulative-log-gate.reference.ts';
import { cumulativeLogGate } from '../ops/cumulative-log-gate/index.ts';
import logLambdaWgsl from './log-lambda.wgsl';

const SEQ_LEN = 1024;

/** y[t] = logLambda[t] − logLambda[t − t % 32] */
const differences = defineKernel({
  name: 'log-lambda-differences',
  source: `
    @group(0) @binding(0) var<storage, read> log_lambda: array<vec2<i32>>;
    @group(0) @binding(1) var<storage, read_write> y: array<f32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
      let key = log_lambda[id.x - id.x % 32u];
      let zero = vec2<i32>(0);
      // Each component in turn.
      let lane = id.x % 4u;
      let keys = key_decay(
        select(zero, key, lane == 0u), select(zero, key, lane == 1u),
        select(zero, key, lane == 2u), select(zero, key, lane == 3u));
      y[id.x] = decay_bias(log_lambda[id.x], keys)[lane];
    }`,
  lib: [logLambdaWgsl],
  bindings: ['log_lambda:read', 'y:write'],
  select: () => ({}),
  grid: () => [SEQ_LEN / 64, 1, 1],
});

gpuSuite('log-lambda', (device) => {
  test('differences keep f32 precision after 5,000 nats', async () => {
    const gates = randomArray(42, SEQ_LEN, { mean: -5, distribution: 'uniform', scale: 5 });
    const y = device().empty([SEQ_LEN]);
    const logLambda = cumulativeLogGate(device().tensor(gates, [1, SEQ_LEN, 1]));
    differences.run(device(), { dims: {}, tensors: { log_lambda: logLambda, y } });
    const exact = referenceCumulativeLogGate({ batch: 1, seqLen: SEQ_LEN, numHeads: 1 }, gates);
    const expected = exact.map((value, t) => value - exact[t - (t % 32)]!);
    expectMatch('D', await y.data(), expected, 1e-7);
  });
});
