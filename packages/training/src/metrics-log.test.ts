// The metrics file: appended, cut back, and readable after a crash in the middle of a line.

import { expect, test } from 'vitest';
import { encodeText } from './files.ts';
import { memoryFiles } from './memory-files.ts';
import { MetricsLog, parseMetrics } from './metrics-log.ts';

const evaluation = (step: number) =>
  ({ type: 'evaluation', step, tokens: step * 64, heldOutLoss: 5.5, heldOutTokens: 640 }) as const;

test('a resumed run cuts off the lines after its checkpoint', async () => {
  const content = new Map<string, Uint8Array<ArrayBuffer>>();
  const files = memoryFiles(content);
  const log = await MetricsLog.open(files, 'metrics.jsonl', 0);
  await log.append(evaluation(1));
  const atCheckpoint = log.bytes;
  await log.append(evaluation(2));
  await files.append('metrics.jsonl', encodeText('{"type":"evalu'));

  const resumed = await MetricsLog.open(files, 'metrics.jsonl', atCheckpoint);
  expect(parseMetrics(await files.read('metrics.jsonl'))).toEqual([evaluation(1)]);
  await resumed.append(evaluation(3));
  expect(parseMetrics(await files.read('metrics.jsonl'))).toEqual([evaluation(1), evaluation(3)]);
  expect(resumed.bytes).toBe(await files.size('metrics.jsonl'));
});

test('a line cut by a crash is passed over', () => {
  expect(parseMetrics(encodeText(`${JSON.stringify(evaluation(1))}\n{"type"`))).toEqual([
    evaluation(1),
  ]);
});

test('a log that was deleted starts anew', async () => {
  const log = await MetricsLog.open(memoryFiles(), 'metrics.jsonl', 500);
  expect(log.bytes).toBe(0);
});
