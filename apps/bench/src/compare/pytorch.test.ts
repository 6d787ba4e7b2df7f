// The script is stood in for by small real programs: PyTorch needs a card.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ComparisonContext, Measurement, NotMeasured } from '@vulpes/bench';
import { createDevice } from '@vulpes/tensor-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pytorchYardstick } from './pytorch.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-python-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A Python that runs these lines of shell; its arguments are those of the script. */
function python(...lines: string[]): string {
  const file = join(folder, 'python');
  writeFileSync(file, ['#!/bin/sh', ...lines].join('\n'));
  chmodSync(file, 0o755);
  return file;
}

/** Runs the yardstick on no cases of ours. */
async function compare(options: Parameters<typeof pytorchYardstick>[0]) {
  const [rows, missing]: [Measurement[], NotMeasured[]] = [[], []];
  const context: ComparisonContext = {
    cases: [],
    device: await createDevice(),
    runs: 3,
    onProgress: () => {},
    onMeasurement: (row) => rows.push(row),
    onNotMeasured: (entry) => missing.push(entry),
  };
  const error = await pytorchYardstick(options)(context).then(
    () => null,
    ({ message }: Error) => message,
  );
  return { rows, missing, error };
}

test('lines of the script become rows; what else is printed is passed over', async () => {
  const row = '{"type":"measurement","suite":"matmul","case":"c","variant":"nn","runner":"torch"';
  const { rows, missing, error } = await compare({
    python: python(
      'echo "a library says hello"',
      `echo '${row},"gpuMs":[1,2,3],"wallMs":[4,5,6],"note":"f32"}'`,
      'echo \'{"type":"not-measured","runner":"torch","case":"d","why":"out of GPU memory"}\'',
    ),
  });
  expect(error).toBeNull();
  expect(rows).toMatchObject([
    { case: 'c', variant: 'nn', runner: 'torch', gpuMs: { median: 2 }, wallMs: { median: 5 } },
  ]);
  expect(missing).toEqual([{ runner: 'torch', case: 'd', why: 'out of GPU memory' }]);
});

test('the script is told our adapter, and at least 20 runs', async () => {
  const { error } = await compare({ python: python('echo "$@" >&2; exit 3'), foxPath: '/fox' });
  expect(error).toMatch(
    /ended with 3: .*--runs 20 --adapter .*\((gpu|software) kernels\) --fox-path \/fox/,
  );
});

test('a script that says nothing is stopped; rows before that stay', async () => {
  const line = '{"type":"not-measured","runner":"torch","case":"d","why":"w"}';
  const options = { python: python(`echo '${line}'`, 'exec sleep 60'), longestSilenceMs: 300 };
  const { missing, error } = await compare(options);
  expect(missing).toHaveLength(1);
  expect(error).toMatch(/ended with SIGKILL: it said nothing for 0.3 s\.$/);
});
