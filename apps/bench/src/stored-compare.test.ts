import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { storedCommands } from './stored-commands.ts';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs', 'reports');
const report = join(docs, '2026-11-25-h200-suites.json');
const other = join(docs, '2026-11-25-swiftshader-bench.json');
let printed = '';
const stdout = {
  write(text: string) {
    printed += text;
  },
};
const stderr = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
beforeEach(() => {
  printed = '';
  stderr.mockClear();
});
afterAll(() => stderr.mockRestore());

test('prints a line for each case and variant', () => {
  expect(storedCommands.compare!([report, report], stdout)).toBe(0);
  expect(printed).toContain(`A: ${report}\nB: ${report}\n`);
  expect(printed).toMatch(/^matmul\/forward M4096-N4096-K4096 nn +1\.000 \(.*\) +GPU$/m);
});

test('reports of two machines, and a wrong argument, are errors', () => {
  expect(() => storedCommands.compare!([report, other], stdout)).toThrow('of the same machine');
  for (const argv of [[report], [report, report, '--fast'], [report, '/no/file']]) {
    expect(() => storedCommands.compare!(argv, stdout)).toThrow(
      expect.objectContaining({ exitCode: 1 }),
    );
  }
});
