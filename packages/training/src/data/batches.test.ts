// Batches: shifted labels, a counter that survives a restart, packed documents.

import { memoryTokens } from '@vulpes/data';
import { describe, expect, test } from 'vitest';
import { BatchSampler, batchAt, heldOutBatches, splitBatch } from './batches.ts';
import { countLabels } from './packing.ts';

const countingTokens = memoryTokens(Uint8Array.from({ length: 4000 }, (_, i) => i % 251));

describe('batches', () => {
  test('labels are inputs shifted by one', async () => {
    const batch = await batchAt(countingTokens, [7, 100], { length: 5 });
    expect([...batch.inputs]).toEqual([7, 8, 9, 10, 11, 100, 101, 102, 103, 104]);
    expect([...batch.labels]).toEqual([8, 9, 10, 11, 12, 101, 102, 103, 104, 105]);
    expect(batch.shape).toEqual([2, 5]);
  });

  test('the sampler continues where it was stopped, whatever the batch size was', async () => {
    const options = { source: countingTokens, length: 16, seed: 42 };
    const whole = (await new BatchSampler(options).next(12)).inputs;
    const first = new BatchSampler(options);
    await first.next(3);
    first.prefetch(4);
    expect(first.position).toBe(3);
    await first.next(4);
    first.prefetch(2); // not what is asked for next
    const resumed = new BatchSampler({ ...options, position: first.position });
    const rest = [...whole.subarray(7 * 16)];
    expect([...(await resumed.next(5)).inputs]).toEqual(rest);
    expect([...(await first.next(5)).inputs]).toEqual(rest);
    expect(resumed.position).toBe(12);
  });

  test('offsets reach both ends of the text and stay inside', async () => {
    const source = memoryTokens(Uint8Array.from({ length: 20 }, (_, i) => i));
    const sampler = new BatchSampler({ source, length: 16, seed: 1 });
    const firsts = new Set<number>();
    for (let draw = 0; draw < 100; draw++) {
      const { inputs, labels } = await sampler.next(1);
      firsts.add(inputs[0] as number);
      expect(labels[15]).toBe((inputs[0] as number) + 16); // undefined bytes would show as 0
    }
    expect([...firsts].sort()).toEqual([0, 1, 2, 3]);
  });

  test('other seeds draw other offsets', async () => {
    const draw = (seed: number) =>
      new BatchSampler({ source: countingTokens, length: 16, seed }).next(4);
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  test('held-out batches are fixed, spread out, and never overlap', async () => {
    const options = { length: 100, sequences: 8, batchSize: 3 };
    const batches = await heldOutBatches(countingTokens, options);
    expect(batches.map((batch) => batch.shape)).toEqual([
      [3, 100],
      [3, 100],
      [2, 100],
    ]);
    expect(await heldOutBatches(countingTokens, options)).toEqual(batches);
    const few = await heldOutBatches(memoryTokens(new Uint8Array(250)), options);
    expect(few.map((batch) => batch.shape)).toEqual([[2, 100]]);
  });

  test('a batch is dealt out row by row', async () => {
    const whole = await batchAt(countingTokens, [7, 100, 3, 50], { length: 5 });
    const parts = splitBatch(whole, 2);
    expect(parts[1]).toEqual(await batchAt(countingTokens, [3, 50], { length: 5 }));
    expect(parts.map(({ shape }) => shape)).toEqual([
      [2, 5],
      [2, 5],
    ]);
  });
});

describe('packed documents', () => {
  const source = memoryTokens(
    Uint8Array.from({ length: 40 }, (_, i) => i),
    [0, 4, 6, 20, 30],
  );
  const options = { length: 8, packDocuments: true };

  test('bounds are where documents begin; a label across them does not count', async () => {
    const batch = await batchAt(source, [2, 8, 12], options);
    const width = (batch.cuSeqlens?.length ?? 0) / 3;
    const bounds = [0, 1, 2].map((row) => [
      ...(batch.cuSeqlens ?? []).slice(row * width, (row + 1) * width),
    ]);
    expect(bounds.map((row) => [...new Set(row)])).toEqual([
      [0, 2, 4, 8],
      [0, 8],
      [0, 8], // the last label begins a document
    ]);
    expect([...batch.labels.subarray(0, 8)]).toEqual([3, -100, 5, -100, 7, 8, 9, 10]);
    expect([...batch.labels.subarray(8, 16)]).toEqual([9, 10, 11, 12, 13, 14, 15, 16]);
    expect([...batch.labels.subarray(16)]).toEqual([13, 14, 15, 16, 17, 18, 19, -100]);
    expect(countLabels(batch)).toBe(24 - 3);
  });

  test('a document that begins with the row adds no bound', async () => {
    const { cuSeqlens, labels } = await batchAt(source, [6], options);
    expect([...new Set(cuSeqlens)]).toEqual([0, 8]);
    expect([...labels]).toEqual([7, 8, 9, 10, 11, 12, 13, 14]);
  });
});
