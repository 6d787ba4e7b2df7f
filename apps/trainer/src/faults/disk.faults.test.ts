// A disk that is full, read-only or gone: the error says which path and why, what is saved and how to go on; and going on works.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli, type CliBundle } from '@vulpes/cli-kit/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { makeSmallDisk, type SmallDisk } from './small-disk.ts';
import { differences, fingerprint, printedBy, TinyTrainer } from './tiny-trainer.ts';

const MINUTES = 60_000;
const MIB = 2 ** 20;

let bundle: CliBundle;
let scratch: string;
let trainer: TinyTrainer;
let whole: Record<string, string>;

beforeAll(async () => {
  bundle = await bundleCli(join(import.meta.dirname, '../..'));
  scratch = await mkdtemp(join(tmpdir(), 'vulpes-disk-'));
  trainer = await TinyTrainer.create(bundle.script, scratch);
  const out = join(scratch, 'whole');
  const { code, stderr } = await trainer.run(trainer.newRun(out));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  whole = await fingerprint(out);
}, 10 * MINUTES);
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
  await bundle.remove();
});

/** One sentence with path and reason, then what is saved and how to go on; no stack, no lock left. */
async function expectGoodEnd(
  run: string,
  { code, stderr }: { code: number | null; stderr: string },
) {
  expect(code).toBe(1);
  expect(stderr).not.toMatch(/^\s+at |unexpected:/m);
  expect(stderr).toMatch(/^error: .*\n(Last good checkpoint: step \d+, .*|The run has no .*)\n/);
  expect(stderr).toContain(`--resume ${run}`);
  const names = await readdir(join(run, 'checkpoints')).catch(() => []);
  expect(names.filter((name) => name.startsWith('.writing-'))).toEqual([]);
  expect((await readdir(run)).filter((name) => name.endsWith('.lock'))).toEqual([]);
}

/** Going on ends as if nothing had been. */
async function expectSameEnd(run: string): Promise<void> {
  const { code, stderr } = await trainer.run(trainer.resume(run));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(differences(whole, await fingerprint(run))).toEqual([]);
}

function smallDisk(name: string, bytes: number): { folder: string; disk: SmallDisk } | null {
  const folder = join(scratch, name);
  const disk = makeSmallDisk(folder, bytes);
  if (!disk) return null;
  onTestFinished(() => disk.remove());
  return { folder, disk };
}

describe.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)('a disk', () => {
  test('that is full, at several moments', { timeout: 30 * MINUTES }, async (context) => {
    const made = smallDisk('full', 64 * MIB);
    if (!made) return context.skip('no tmpfs can be mounted here');
    // From none at all up to nearly the next checkpoint: small files, the log, or a checkpoint hit the end.
    for (const [n, spare] of [0, 4096, 8192, 40_000].entries()) {
      const run = join(made.folder, `run-${n}`);
      const { child, ended } = trainer.start(trainer.newRun(run));
      expect(await printedBy(child, 'step 0')).toBe(true);
      const { bavail, bsize } = await statfs(made.folder);
      const filler = join(made.folder, 'filler');
      await writeFile(filler, new Uint8Array(Math.max(0, bavail * bsize - spare)));
      const end = await ended;
      expect(end.stderr).toMatch(/^error: cannot write \/.*: the disk is full\.$/m);
      await expectGoodEnd(run, end);
      // Still full: the same again, and nothing gets worse.
      const again = await trainer.run(trainer.resume(run));
      expect(again.stderr).toMatch(/the disk is full/);
      await rm(filler);
      await expectSameEnd(run);
    }
  });

  test('that turns read-only', { timeout: 10 * MINUTES }, async (context) => {
    const made = smallDisk('read-only', 64 * MIB);
    if (!made) return context.skip('no tmpfs can be mounted here');
    const run = join(made.folder, 'run');
    const killed = trainer.start(trainer.newRun(run));
    expect(await printedBy(killed.child, 'step 1')).toBe(true);
    killed.child.kill('SIGKILL');
    await killed.ended;
    made.disk.setReadOnly(true);
    const other = await trainer.run(trainer.newRun(join(made.folder, 'other')));
    expect(other.stderr).toMatch(/^error: cannot make folder .*: the disk is read-only\.\n$/);
    const resumed = await trainer.run(trainer.resume(run));
    expect(resumed.stderr).toMatch(
      /^error: .*: cannot write .*\.lock.*: the disk is read-only\.\n$/,
    );
    const sample = await trainer.run(['sample', run, '--tokens', '4']);
    expect(sample.code).toBe(0);
    made.disk.setReadOnly(false);
    await expectSameEnd(run);
  });

  test('with no room for one checkpoint is refused before the start', async (context) => {
    const made = smallDisk('tiny', 16_384);
    if (!made) return context.skip('no tmpfs can be mounted here');
    const run = join(made.folder, 'run');
    const { code, stderr } = await trainer.run(trainer.newRun(run));
    expect(stderr).toMatch(
      /^error: train: expected .* of free disk for a checkpoint, got 16\.0 KiB/,
    );
    expect(code).toBe(1);
    expect(existsSync(run)).toBe(false);
  });
});

describe('a run folder', () => {
  test.each(['removed', 'replaced'])(
    '%s while training',
    { timeout: 10 * MINUTES },
    async (what) => {
      const run = join(scratch, what);
      const { child, ended } = trainer.start(trainer.newRun(run));
      expect(await printedBy(child, 'step 0')).toBe(true);
      await rename(run, `${run}-elsewhere`);
      if (what === 'replaced') {
        await mkdir(run);
        await writeFile(join(run, 'notes.txt'), 'mine');
      }
      const { code, stderr } = await ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^error: .* was removed, or replaced by another folder, while it was being/,
      );
      const left = what === 'replaced' ? ['notes.txt'] : [];
      expect(await readdir(run).catch(() => [])).toEqual(left);
      await rm(run, { recursive: true, force: true });
      await rename(`${run}-elsewhere`, run);
      await expectSameEnd(run);
    },
  );

  test('that two want at once is trained by one', { timeout: 15 * MINUTES }, async () => {
    const run = join(scratch, 'wanted');
    const news = await Promise.all([1, 2, 3].map(() => trainer.run(trainer.newRun(run))));
    expect(news.filter(({ code }) => code === 0).length).toBe(1);
    for (const { code, stderr } of news) {
      if (code !== 0) expect(stderr).toMatch(/^error: .*(being trained by process|--out: )/);
    }
    expect(differences(whole, await fingerprint(run))).toEqual([]);
    const second = join(scratch, 'second');
    const killed = trainer.start(trainer.newRun(second));
    expect(await printedBy(killed.child, 'step 1')).toBe(true);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const resumed = await Promise.all([1, 2, 3, 4].map(() => trainer.run(trainer.resume(second))));
    // Whoever comes after the first has ended finds a finished run, and leaves it as it is.
    expect(resumed.some(({ code }) => code === 0)).toBe(true);
    for (const { code, stderr } of resumed) {
      if (code !== 0) expect(stderr).toMatch(/^error: .* is being trained by process \d+; wait/);
    }
    expect(differences(whole, await fingerprint(second))).toEqual([]);
  });
});
