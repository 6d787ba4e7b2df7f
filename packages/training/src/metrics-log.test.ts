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
  expect(parseMetrics(await files.read('metrics.jsonl')).metrics).toEqual([evaluation(1)]);
  await resumed.append(evaluation(3));
  expect(parseMetrics(await files.read('metrics.jsonl'))).toEqual({
    metrics: [evaluation(1), evaluation(3)],
    badLines: [],
  });
  expect(resumed.bytes).toBe(await files.size('metrics.jsonl'));
});

test('lines that are damaged or cut are passed over, and counted', () => {
  const good = JSON.stringify(evaluation(1));
  const bad = ['{"type":"evaluation"}', 'null', '', '}{', good.replace('1', '-1')];
  const text = [good, ...bad, good, '{"type"'].join('\n');
  expect(parseMetrics(encodeText(text))).toEqual({
    metrics: [evaluation(1), evaluation(1)],
    badLines: [2, 3, 4, 5, 6, 8],
  });
});

test('a log cut at any byte goes on with a whole line', async () => {
  const whole = encodeText(
    [1, 2, 3].map((step) => `${JSON.stringify(evaluation(step))}\n`).join(''),
  );
  for (let length = 0; length <= whole.length; length++) {
    const files = memoryFiles(new Map([['metrics.jsonl', whole.slice(0, length)]]));
    const log = await MetricsLog.open(files, 'metrics.jsonl', whole.length);
    await log.append(evaluation(9));
    const { metrics, badLines } = parseMetrics(await files.read('metrics.jsonl'));
    expect(badLines).toEqual([]);
    expect(metrics.at(-1)).toEqual(evaluation(9));
    expect(log.bytes).toBe(await files.size('metrics.jsonl'));
  }
});

test('a log that was deleted starts anew', async () => {
  const log = await MetricsLog.open(memoryFiles(), 'metrics.jsonl', 500);
  expect(log.bytes).toBe(0);
});
