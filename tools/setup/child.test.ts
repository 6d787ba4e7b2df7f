import { describe, expect, test } from 'vitest';
import { Interrupted, runTool } from './child.mjs';
import { root } from './paths.mjs';

const node = (code: string) => runTool([process.execPath, '-e', code], { cwd: root });

describe('runTool', () => {
  test('returns exit code and output', async () => {
    expect(await node("console.log('a'); console.error('b'); process.exitCode = 3")).toEqual({
      code: 3,
      output: expect.stringMatching(/^(a\nb|b\na)\n$/),
    });
  });

  test('a tool that died of a signal counts as 128 + its number', async () => {
    expect((await node("process.kill(process.pid, 'SIGKILL')")).code).toBe(137);
  });

  test('a signal to us ends the tool and stops what would follow', async () => {
    // Through a shell, as npx starts tools: it would not pass the signal on.
    const line = `"${process.execPath}" -e 'setInterval(() => {}, 1000)'; true`;
    const running = runTool(['sh', '-c', line], { cwd: root });
    await new Promise((resolve) => setTimeout(resolve, 200));
    // To our own handlers only: a real signal would reach the test runner's, too.
    process.emit('SIGTERM', 'SIGTERM');
    await expect(running).rejects.toSatisfy(
      (error) => error instanceof Interrupted && error.exitCode === 143,
    );
  });
});
