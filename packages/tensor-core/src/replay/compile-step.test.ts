// A compiled step gives what recording it gives, and says what it cannot replay.

import { describe, expect, test } from 'vitest';
import { accumulateInto } from '../accumulate.ts';
import {
  ArgumentError,
  compileStep,
  createDevice,
  type Device,
  ReplayError,
  type Tensor,
  valueAndGrad,
} from '../index.ts';
import { add } from '../testing/add-op.ts';
import { gpuSuite } from '../testing/index.ts';

const one = { x: { shape: [1] } } as const;
const scalarOf = async (tensor: Tensor) => (await tensor.data())[0];

gpuSuite('compileStep', (device) => {
  /** state += x; returns 2 state + x, through temporaries. */
  const makeCounter = (state: Tensor) =>
    compileStep(device(), {
      inputs: one,
      record: ({ x }) => {
        accumulateInto(state, x);
        const twice = add(state, state);
        return { y: add(twice, x), more: [add(x, x)] };
      },
    });

  test('replays state, inputs and outputs as recording does', async () => {
    const state = device().zeros([1]);
    using step = makeCounter(state);
    let sum = 0;
    for (let run = 1; run <= 6; run++) {
      const { y, more } = step.run({ x: Float32Array.of(run) });
      sum += run;
      // Ordinary work between the runs reads the outputs, and writes what the step reads.
      if (run === 4) {
        accumulateInto(state, more[0] as Tensor);
        sum += 8;
        expect(await scalarOf(y)).toBe(2 * (sum - 8) + run);
      } else expect(await scalarOf(y)).toBe(2 * sum + run);
      expect(await scalarOf(more[0] as Tensor)).toBe(2 * run);
      y.dispose();
      more[0]?.dispose();
    }
    expect(await scalarOf(state)).toBe(sum);
    state.dispose();
  });

  test('runs that are flushed together keep their inputs apart', async () => {
    const state = device().zeros([1]);
    using step = makeCounter(state);
    const results: Promise<unknown>[] = [];
    for (let run = 1; run <= 5; run++) {
      device().scope(() => {
        const copy = device().keep(device().empty([1]));
        device().copy(step.run({ x: Float32Array.of(run) }).y, copy);
        results.push(copy.data().finally(() => copy.dispose()));
      });
    }
    expect((await Promise.all(results)).map((data) => (data as Float32Array)[0])).toEqual([
      3, 8, 15, 24, 35,
    ]);
    state.dispose();
  });

  test('no code of the step runs from the third call on', async () => {
    let calls = 0;
    using step = compileStep(device(), {
      inputs: one,
      record: ({ x }) => {
        calls++;
        return add(x, x);
      },
    });
    const before = device().dispatchCount;
    for (let run = 0; run < 5; run++) {
      const y = step.run({ x: Float32Array.of(run) });
      expect(await scalarOf(y)).toBe(2 * run);
      y.dispose();
    }
    expect(calls).toBe(2);
    expect(step.dispatches).toBe(1);
    expect(device().dispatchCount - before).toBe(5);
  });

  test('gradients, with data that record uploads itself', async () => {
    const w = device().tensor([3], [1]);
    const lossAndGrad = valueAndGrad(device(), (params: { w: Tensor }, x: Tensor) => ({
      loss: add(add(params.w, params.w), x),
    }));
    using step = compileStep(device(), {
      inputs: one,
      record: ({ x }) => {
        const { loss, grads } = lossAndGrad({ w }, x);
        return { loss, dw: grads.w };
      },
    });
    for (let run = 0; run < 4; run++) {
      const { loss, dw } = step.run({ x: Float32Array.of(run) });
      expect((await device().read([loss, dw])).map((data) => data[0])).toEqual([6 + run, 2]);
      loss.dispose();
      dw.dispose();
    }
    w.dispose();
  });

  test('memory: temporaries share it, a thousand runs add nothing, dispose gives it back', async () => {
    await device().finish();
    await device().trimMemory();
    const before = device().memory;
    const step = compileStep(device(), {
      inputs: { x: { shape: [1024] } },
      record: ({ x }) => {
        let sum = add(x, x);
        for (let turn = 0; turn < 20; turn++) sum = add(sum, x);
        return sum;
      },
    });
    const x = new Float32Array(1024).fill(1);
    step.run({ x }).dispose();
    await device().flush();
    // 20 sums of 4 KiB, two of them alive at a time, and the output.
    expect(step.byteLength).toBe(3 * 4096);
    const after = device().memory;
    for (let run = 0; run < 1000; run++) step.run({ x }).dispose();
    const last = step.run({ x });
    expect(await scalarOf(last)).toBe(22);
    last.dispose();
    expect(device().memory.inUseBytes).toBe(after.inUseBytes);
    expect(device().memory.liveTensors).toBe(after.liveTensors);
    step.dispose();
    await device().finish();
    expect(device().memory.inUseBytes).toBe(before.inUseBytes);
    expect(device().memory.liveTensors).toBe(before.liveTensors);
  });

  test('a parameter that is disposed of keeps its memory while the plan lives', async () => {
    const w = device().tensor([5], [1]);
    const step = compileStep(device(), {
      inputs: one,
      record: ({ x }) => add(x, w),
    });
    for (const x of [1, 2]) step.run({ x: Float32Array.of(x) }).dispose();
    w.dispose();
    const other = device().tensor([100], [1]);
    const y = step.run({ x: Float32Array.of(3) });
    expect(await scalarOf(y)).toBe(8);
    y.dispose();
    other.dispose();
    step.dispose();
  });

  test('an output outlives its step while somebody holds it', async () => {
    await device().finish();
    const before = device().memory.inUseBytes;
    const step = compileStep(device(), { inputs: one, record: ({ x }) => add(x, x) });
    const y = step.run({ x: Float32Array.of(4) });
    step.dispose();
    await device().finish();
    expect(await scalarOf(y)).toBe(8);
    y.dispose();
    expect(device().memory.inUseBytes).toBe(before);
  });

  test('a step reads what another returned, and leaves it as it is', async () => {
    using first = compileStep(device(), { inputs: one, record: ({ x }) => add(x, x) });
    const y = first.run({ x: Float32Array.of(50) });
    using second = compileStep(device(), { inputs: one, record: ({ x }) => add(x, y) });
    for (const x of [0, 1, 2]) {
      const z = second.run({ x: Float32Array.of(x) });
      expect(await scalarOf(z)).toBe(100 + x);
      z.dispose();
    }
    first.run({ x: Float32Array.of(60) }).dispose();
    expect(await scalarOf(y)).toBe(120);
    y.dispose();
  });

  test('data that record uploads reaches every run, whatever memory the batch used before', async () => {
    for (let turn = 0; turn < 2; turn++) device().zeros([1]).dispose();
    const old = device().tensor([7], [1]);
    const copy = device().zeros([1]);
    device().copy(old, copy);
    old.dispose();
    using step = compileStep(device(), {
      inputs: one,
      record: ({ x }) => add(x, device().tensor([3], [1])),
    });
    for (const x of [10, 11, 12]) {
      const y = step.run({ x: Float32Array.of(x) });
      expect(await scalarOf(y)).toBe(x + 3);
      y.dispose();
    }
    expect(await scalarOf(copy)).toBe(7);
    copy.dispose();
  });

  test('host writes into an output keep their place', async () => {
    using step = compileStep(device(), { inputs: one, record: ({ x }) => add(x, x) });
    const y = step.run({ x: Float32Array.of(50) });
    device().write(y, Float32Array.of(-1));
    expect(await scalarOf(y)).toBe(-1);
    const held = step.run({ x: Float32Array.of(4) });
    const copy = device().zeros([1]);
    step.dispose();
    await device().finish();
    device().copy(held, copy);
    held.dispose();
    const other = device().tensor([101], [1]);
    expect(await scalarOf(copy)).toBe(8);
    for (const tensor of [y, copy, other]) tensor.dispose();
  });

  test('a lasting tensor may be made while a step is recorded', async () => {
    let table: Tensor | null = null;
    using step = compileStep(device(), {
      inputs: one,
      record: ({ x }) => {
        table ??= device().lasting(() => device().tensor([20], [1]));
        return add(x, table);
      },
    });
    for (const x of [1, 2, 3]) {
      const y = step.run({ x: Float32Array.of(x) });
      expect(await scalarOf(y)).toBe(20 + x);
      y.dispose();
    }
    (table as Tensor | null)?.dispose();
  });

  describe('refuses', () => {
    const runTwice = (record: (inputs: { x: Tensor }, call: number) => unknown) => {
      let call = 0;
      using step = compileStep(device(), {
        inputs: one,
        record: (inputs) => record(inputs, call++),
      });
      step.run({ x: Float32Array.of(1) });
      step.run({ x: Float32Array.of(1) });
    };

    test('what differs from call to call: data, kernels, tensors, sizes', () => {
      const other = [device().zeros([1]), device().zeros([1])];
      const upload = (value: number) => device().tensor([value], [1]);
      expect(() => runTwice(({ x }, call) => add(x, upload(call)))).toThrowError(
        'differs in the bytes written',
      );
      expect(() => runTwice(({ x }, call) => add(x, other[call] as Tensor))).toThrow(
        /kernel accumulate, differs in binding 1/,
      );
      expect(() => runTwice(({ x }, call) => (call ? add(x, x) : device().zeros([1])))).toThrow(
        /differs in kind: copy/,
      );
      expect(() =>
        runTwice(({ x }, call) => {
          const y = add(x, x);
          return call ? add(y, x) : y;
        }),
      ).toThrow(/one recording has 2 commands, the next 4/);
      for (const tensor of other) tensor.dispose();
    });

    test('reads, host writes into older tensors, changed uploads, kept and foreign tensors', () => {
      const older = device().zeros([1]);
      const kept: Tensor[] = [];
      const ignore = () => {};
      expect(() => runTwice(({ x }) => void x.data().catch(ignore))).toThrow('it called data()');
      expect(() => runTwice(() => device().write(older, Float32Array.of(1)))).toThrow(ReplayError);
      expect(() =>
        runTwice(({ x }) => {
          const upload = device().tensor([1], [1]);
          accumulateInto(upload, x);
        }),
      ).toThrow('but kernel accumulate does');
      expect(() => runTwice(() => device().tensor([1], [1]))).toThrow(
        'whoever gets what record returns may',
      );
      expect(() => runTwice(() => void kept.push(device().keep(device().zeros([1]))))).toThrow(
        "it kept 'tensor'",
      );
      expect(() => runTwice(() => older)).toThrow(ArgumentError);
      older.dispose();
    });

    test('memory that is read before it is written, other outputs, a tensor kept later, a run inside a gradient', () => {
      expect(() =>
        runTwice(({ x }) => add(device().empty([1], { label: 'left over' }), x)),
      ).toThrow("copy reads 'left over' first");
      expect(() =>
        runTwice(({ x }, call) => {
          const [p, q] = [add(x, x), add(x, x)];
          return call ? { p: q, q: p } : { p, q };
        }),
      ).toThrow('it returned {');
      const kept: Tensor[] = [];
      expect(() =>
        runTwice(({ x }, call) => {
          const y = add(x, x);
          if (call) kept.push(device().keep(device().view(y, [1, 1])));
          return null;
        }),
      ).toThrow("it kept 'y'");
      expect(() => device().copy(kept[0] as Tensor, device().zeros([1]))).toThrow(
        'that a compiled step made and did not return',
      );
      using step = compileStep(device(), { inputs: one, record: ({ x }) => add(x, x) });
      using w = device().tensor([1], [1]);
      const inside = valueAndGrad(device(), (params: { w: Tensor }) => ({
        loss: add(params.w, step.run({ x: Float32Array.of(1) })),
      }));
      expect(() => inside({ w })).toThrow('a compiled step has no gradient');
    });

    test('missing inputs, wrong sizes, a call after dispose', () => {
      const step = makeCounter(device().zeros([1]));
      expect(() => step.run({} as never)).toThrow('expected a value for the input x, got none');
      expect(() => step.run({ x: new Float32Array(2) })).toThrow('expected 1 elements');
      const more = { x: new Float32Array(1), y: new Float32Array(1) };
      expect(() => step.run(more)).toThrow("expected values for x, got one for 'y'");
      step.dispose();
      expect(() => step.run({ x: new Float32Array(1) })).toThrow('after dispose()');
    });
  });
});

test("debug: 'replay' compares every run, 'validate' records every run", async () => {
  for (const debug of ['replay', 'validate'] as const) {
    const device: Device = await createDevice({ debug });
    let calls = 0;
    const step = compileStep(device, {
      inputs: one,
      record: ({ x }) => {
        calls++;
        return add(x, calls > 3 ? add(x, x) : x);
      },
    });
    const run = () => step.run({ x: Float32Array.of(1) }).dispose();
    for (let count = 0; count < 3; count++) run();
    if (debug === 'replay') expect(run).toThrow(ReplayError);
    else expect(run).not.toThrow();
    expect(calls).toBe(4);
    await device.flush();
    device.dispose();
  }
});
