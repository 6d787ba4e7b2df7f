import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runTool } from './child.mjs';

const launcher = fileURLToPath(new URL('fixtures/launcher.mjs', import.meta.url));

test('an app gets its arguments as they are, in the folder of the user; its exit code counts', async () => {
  const args = ['--data', 'a b.txt', '$x "y"'];
  const env = { PATH: process.env.PATH };
  const ended = await runTool([process.execPath, launcher, ...args], { cwd: tmpdir(), env });
  expect(ended.code).toBe(7);
  expect(JSON.parse(ended.output)).toEqual({ args, cwd: tmpdir() });
});
