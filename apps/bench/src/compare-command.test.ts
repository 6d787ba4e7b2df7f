import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { compareCommand } from './compare-command.ts';

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

test('prints a line for each case and variant; the exit code follows --fail-above', () => {
  expect(compareCommand([report, report], stdout)).toBe(0);
  expect(printed).toContain(`A: ${report}\nB: ${report}\n`);
  expect(printed).toMatch(/^matmul\/forward M4096-N4096-K4096 nn +1\.000 \(.*\) +GPU$/m);
  expect(compareCommand([report, report, '--fail-above', '1.1'], stdout)).toBe(0);
  expect(printed).toContain('No case took more than 1.1 times A.');
});

test('reports of two machines, and a wrong option, are errors', () => {
  expect(() => compareCommand([report, other], stdout)).toThrow('of the same machine');
  for (const argv of [[report], [report, report, '--fail-above', 'slow'], [report, '/no/file']]) {
    expect(() => compareCommand(argv, stdout)).toThrow(expect.objectContaining({ exitCode: 1 }));
  }
});
