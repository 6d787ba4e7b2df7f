// The command line from end to end, in processes of its own: a run, a Ctrl-C, a kill, a sample, and every mistake.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleCli, type CliBundle, type RunOptions, runProcess } from '@vulpes/cli-kit/testing';
import { readMetrics } from '@vulpes/training';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { syncedFiles } from './synced-files.ts';

// Each process compiles its kernels anew: seconds on two idle cores, a minute on two busy ones.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let bundle: CliBundle;
let scratch: string;
let text: string;
const at = (name: string) => join(scratch, name);

beforeAll(async () => {
  bundle = await bundleCli(join(import.meta.dirname, '..'));
  scratch = await mkdtemp(join(tmpdir(), 'vulpes-trainer-'));
  text = at('foxes.txt');
  await writeFile(
    text,
    'The quick brown fox jumps over the lazy dog, and the dog sleeps on. '.repeat(60),
  );
});
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
  await bundle.remove();
});

/** Few tokens: their matrix products take the kernels that compile fastest. */
const tiny = () =>
  `train --preset smoke --data ${text} --steps 12 --context 16 --batch 1 --checkpoint-every 3 --eval-every 5 --sample-tokens 8`.split(
    ' ',
  );

const runCli = (args: readonly string[], onLine?: RunOptions['onLine']) =>
  runProcess(bundle.script, args, onLine ? { onLine } : {});

/** Losses, norms and held-out losses of a run, without its times. */
async function readHistory(run: string) {
  const { metrics } = await readMetrics(syncedFiles, run);
  return metrics.map((line) =>
    line.type === 'step' ? [line.step, line.loss, line.gradNorm] : [line.step, line.heldOutLoss],
  );
}

/** The reference: a run that nobody disturbs, made once. */
let undisturbed: Promise<Awaited<ReturnType<typeof runCli>>> | undefined;
function undisturbedRun() {
  undisturbed ??= runCli([...tiny(), '--out', at('whole')]);
  return undisturbed;
}

describe('a run', () => {
  test('prints what it does, and ends with the held-out loss', async () => {
    const { code, stdout, stderr } = await undisturbedRun();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Adapter: \S/);
    expect(stdout).toContain('foxes.txt; your own text, licence unknown');
    expect(stdout).toMatch(
      /FoX \(Pro\) on bytes, 2 layers of 64, 2 heads of 32 \(preset smoke\), [\d,]+ parameters, pruning at log ε = -10/,
    );
    expect(stdout).toMatch(
      /step 12\/12 \| loss \d\.\d{4} \| held-out \d\.\d{4} .* tok\/s \| ETA 0s \| pruned \d+%/,
    );
    expect(stdout).toContain('Sample after the prompt "The ":\n  The ');
    expect(stdout).toMatch(
      /Attention blocks pruned: \d+% .*\n {2}[\d,]+ of [\d,]+ blocks skipped, .*FLOP saved in the forward pass\n {2}layer 0: +\d+% {2}heads \d+% \d+%/,
    );
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^held-out loss \d\.\d\d nats per byte$/);
    expect(await readFile(at('whole/loss-curve.svg'), 'utf8')).toContain('<svg');
    const printed = await runCli(['train', '--config', at('whole/config.yaml'), '--print-config']);
    expect(printed.stdout).toBe(await readFile(at('whole/config.yaml'), 'utf8'));
    const device = JSON.parse(await readFile(at('whole/device.json'), 'utf8'));
    expect(stdout).toContain(device.notes[0]);
  });

  test('stopped by Ctrl-C, resumed, killed and resumed again, it gives the same numbers', async () => {
    await undisturbedRun();
    const out = at('disturbed');
    const stopped = await runCli([...tiny(), '--out', out], (line, child) => {
      if (!line.startsWith('step 03/12')) return;
      child.kill('SIGINT');
      child.kill('SIGINT'); // npm may pass on what the terminal has sent already
    });
    expect({ code: stopped.code, stderr: stopped.stderr }).toEqual({ code: 0, stderr: '' });
    expect(stopped.stdout).toMatch(/Stopped after step \d+ of 12\. Everything is saved\./);
    expect(stopped.stdout.trimEnd().split('\n').at(-1)).toBe(
      `Continue with:  npm run trainer -- train --resume ${out}`,
    );

    const resume = ['train', '--resume', out, '--sample-tokens', '0'];
    const killed = await runCli(resume, (line, child) => {
      if (line.startsWith('step 08/12')) child.kill('SIGKILL');
    });
    expect(killed.code).toBeNull();
    const resumed = await runCli(resume);
    expect({ code: resumed.code, stderr: resumed.stderr }).toEqual({ code: 0, stderr: '' });
    expect(resumed.stdout).toContain(', continuing from step 6');
    expect(await readHistory(out)).toEqual(await readHistory(at('whole')));
  });

  test('stopped before its first step, it can still be resumed', async () => {
    const out = at('early');
    const stopped = await runCli([...tiny(), '--out', out], (line, child) => {
      if (line.startsWith('Folder')) child.kill('SIGTERM');
    });
    expect({ code: stopped.code, stderr: stopped.stderr }).toEqual({ code: 0, stderr: '' });
    expect(stopped.stdout).toContain('Stopped after step 0 of 12. Everything is saved.');
    expect(await readHistory(out)).toEqual([]);
  });

  test('can be sampled from', async () => {
    await undisturbedRun();
    const request = ['--prompt', 'The fox', '--sample-tokens', '4'];
    const { code, stdout, stderr } = await runCli(['sample', at('whole'), ...request]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The fox/);
    expect(stderr).toMatch(/^cache: .* of .* kept \(\d+%\) after 10 bytes of text, /);
    const whole = await runCli(['sample', at('whole'), ...request, '--no-evict']);
    expect(whole.stdout).toBe(stdout);
    expect(whole.stderr).toContain('kept (100%)');
  });

  test('can be evaluated', async () => {
    await undisturbedRun();
    const few = ['evaluation.sequences=2', 'evaluation.taskExamples=2'];
    const { code, stdout, stderr } = await runCli(['eval', at('whole'), ...few, '--out', scratch]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Held-out loss +\d\.\d{4} nats a token, .* bits per byte/m);
    expect(stdout).toMatch(/^Task continuation +\d+% of 2 \(guessing: 25%\)$/m);
    expect(stdout).toMatch(
      /^Needle in a haystack: left out, as question and answer take \d+ tokens/m,
    );
    const report = JSON.parse(await readFile(at('evaluation.json'), 'utf8'));
    expect(report).toMatchObject({ format: 'vulpes-evaluation-1', contextLength: 16 });
    expect(report.positions.loss).toHaveLength(64);
    expect(await readFile(at('evaluation.html'), 'utf8')).toContain('Loss by position');
  });
});

describe('text with another tokenizer', () => {
  test('is prepared, trained on from shards, resumed and sampled, without the text', async () => {
    const documents = Array.from({ length: 300 }, (_, i) =>
      JSON.stringify({ body: `Fox ${i} jumps over the lazy dog. `.repeat(1 + (i % 5)) }),
    );
    await writeFile(at('foxes.jsonl'), documents.join('\n'));
    const out = at('tokens');
    const how = ['--field', 'body', '--tokenizer', 'bpe:300'];
    const prepared = await runCli(['prepare', at('foxes.jsonl'), '--out', out, ...how]);
    expect({ code: prepared.code, stderr: prepared.stderr }).toEqual({ code: 0, stderr: '' });
    expect(prepared.stdout).toMatch(
      /Tokenizer {2}tokenizer\.json [0-9a-f]{16}, 300 tokens\nTokens {5}[\d,]+ of 300 documents, .* in 1 shard\nFolder {5}.*tokens\nTrain with: {2}npm run trainer -- train --data .*tokens\n$/,
    );
    await rm(at('foxes.jsonl'));

    const recipe = tiny().map((part) => (part === text ? out : part));
    const run = at('on-shards');
    const args = [...recipe, '--pack-documents', '--steps', '6', '--out', run];
    const stopped = await runCli(args, (line, child) => {
      if (line.startsWith('step 3/6')) child.kill('SIGINT');
    });
    expect({ code: stopped.code, stderr: stopped.stderr }).toEqual({ code: 0, stderr: '' });
    expect(stopped.stdout).toContain('on 300 tokens');
    const resumed = await runCli(['train', '--resume', run, '--sample-tokens', '4']);
    expect({ code: resumed.code, stderr: resumed.stderr }).toEqual({ code: 0, stderr: '' });
    expect(resumed.stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^held-out loss \d\.\d\d nats per token$/,
    );
    const checkpoint = join(run, 'checkpoints/step-00000006');
    expect(await readFile(join(checkpoint, 'tokenizer.json'))).toEqual(
      await readFile(join(out, 'tokenizer.json')),
    );

    const shard = join(out, 'shard-00000.bin');
    const bytes = await readFile(shard);
    bytes[7]! ^= 1;
    await writeFile(shard, bytes);
    const damaged = await runCli(['train', '--resume', run, '--steps', '7']);
    expect(damaged.stderr).toMatch(/shard-00000\.bin is damaged: expected SHA-256/);
    await rm(out, { recursive: true });
    const sampled = await runCli(['sample', run, '--prompt', 'Fox 🦊', '--tokens', '6']);
    expect(sampled.code).toBe(0);
    expect(sampled.stdout).toMatch(/^Fox 🦊/);
    expect(sampled.stderr).toMatch(/tokens a second/);
  });
});

describe('a mistake is one sentence on stderr, and exit code 1', () => {
  const fails = async (args: readonly string[], message: string | RegExp) => {
    const { code, stderr } = await runCli(args);
    expect(stderr).toMatch(message);
    expect(
      stderr.split('\nLast good checkpoint')[0]?.trimEnd().split('\n').length,
      stderr,
    ).toBeLessThanOrEqual(2);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  };

  test('in the options', async () => {
    await fails(
      ['train', '--stesp', '3'],
      /^error: unknown option '--stesp'\n\(Did you mean --steps\?\)$/m,
    );
    await fails(
      ['train', 'training.stpes=3'],
      /^error: command line: unknown key training\.stpes\. Did you mean training\.steps\?$/m,
    );
    await fails(
      ['train', '--preset', 'huge'],
      /^error: preset: expected one of default, .* got "huge"\.$/m,
    );
  });

  test('in the text', async () => {
    await writeFile(at('empty.txt'), '');
    await writeFile(at('short.txt'), 'Too short.');
    await writeFile(at('latin1.txt'), Buffer.from('caf\xe9', 'latin1'));
    await mkdir(at('no-text'));
    await fails(
      ['train', '--data', at('missing.txt')],
      /cannot read .*missing\.txt: there is no such file or folder\./,
    );
    await fails(
      ['train', '--data', at('no-text')],
      /expected a folder with \.txt, .*, got one without/,
    );
    await fails(
      ['train', '--data', at('empty.txt')],
      /corpus: expected some text, got only empty text in .*empty\.txt/,
    );
    await fails(
      ['train', '--data', at('short.txt')],
      /one context of 512 to train on, .* got 10\. Use more text or a shorter context\./,
    );
    await fails(
      ['train', '--data', at('latin1.txt')],
      /latin1\.txt: expected UTF-8 text, got other bytes, first at offset 3 \(0xe9\)/,
    );
    await fails(
      ['prepare', '/dev/zero', '--out', at('zero')],
      /expected a file, got a character device/,
    );
    await fails(
      [...tiny(), '--tokenizer', 'bpe:300', 'model.vocabSize=256', '--out', at('small')],
      /model\.vocabSize: expected at least 300, the tokens of tokenizer\.json [0-9a-f]+, got 256\. Leave it out\./,
    );
  });

  test('in the folder', async () => {
    await undisturbedRun();
    await fails(
      [...tiny(), '--out', at('whole')],
      /--out: .*whole holds a run already\. Continue it with --resume/,
    );
    await fails(
      ['train', '--resume', at('nowhere')],
      /--resume: .*nowhere is no run of the trainer/,
    );
    await fails(
      ['sample', at('nowhere')],
      /sample: .*nowhere is neither a run with a checkpoint nor/,
    );
    await fails(['eval', at('nowhere')], /eval: .*nowhere is no run of the trainer/);
    await fails(
      ['eval', at('whole'), 'training.steps=3'],
      /eval: expected fields of evaluation, such as evaluation\.length=4096, got others\./,
    );
  });

  test('in the checkpoint', async () => {
    await undisturbedRun();
    const out = at('damaged');
    await cp(at('whole'), out, { recursive: true });
    await fails(
      ['train', '--resume', out, '--data', at('short.txt')],
      /corpus: expected at least 34 tokens/,
    );
    const other = at('other.txt');
    await writeFile(other, 'Geese fly south in the autumn. '.repeat(99));
    await fails(['train', '--resume', out, '--steps', '5'], /expected at least 12 steps/);
    await fails(['train', '--resume', out, '--steps', '5', '--dry-run'], /expected at least 12/);
    const changed = ['train', '--resume', out, '--data', other, '--batch', '2', '--dry-run'];
    const { stdout } = await runCli(changed);
    expect(stdout).toMatch(/^Changed since the checkpoint: batchSize 1 → 2\. From here on/m);
    expect(stdout).toMatch(/^The text is another than the run began with: /m);
    // An error changes nothing: the run can still be resumed as it was.
    expect(await readFile(join(out, 'run.json'), 'utf8')).toBe(
      await readFile(at('whole/run.json'), 'utf8'),
    );
    expect((await runCli(['train', '--resume', out, '--sample-tokens', '0'])).code).toBe(0);
    await truncate(join(out, 'checkpoints/step-00000012/optimizer.safetensors'), 1000);
    await fails(
      ['train', '--resume', out],
      /optimizer\.safetensors is damaged: expected \d+ bytes, got 1000\. Use another checkpoint.*\nLast good checkpoint: step 9, .*\nContinue with: .* --resume \S+step-00000009$/m,
    );
    const weights = join(out, 'checkpoints/step-00000012/model.safetensors');
    const bytes = await readFile(weights);
    bytes[bytes.length - 7] = (bytes[bytes.length - 7] as number) ^ 0x40;
    await writeFile(weights, bytes);
    await fails(
      ['sample', out, '--tokens', '4'],
      /model\.safetensors is damaged: expected the content it was saved with/,
    );
  });

  test('in what does not fit, before anything is made', async () => {
    for (const last of [['--dry-run'], ['--out', at('large')]]) {
      await fails(
        [...tiny(), '--batch', '900000000000', ...last],
        /train: expected buffers of at most .* which the device binds, got one of [\d.]+ GiB/,
      );
    }
    await fails(
      ['train', '--dry-run', '--out', at('whole'), '--preset', 'smoke'],
      /holds a run already/,
    );
    await fails([...tiny(), '--out', '/proc/run'], /cannot make folder \/proc\/run/);
    await fails(['train', '--data', '/dev/zero'], /expected a file, got a character device/);
    expect(existsSync(at('large'))).toBe(false);
  });
});

describe('output that cannot be written', () => {
  const into = async (target: string, args: readonly string[]) => {
    const words = [process.execPath, bundle.script, ...args].map((word) => `'${word}'`);
    const script = at(`into-${words.length}-${target.replace(/\W/g, '')}.sh`);
    await writeFile(script, `set -o pipefail\n${words.join(' ')} ${target}\n`);
    return promisify(execFile)('bash', [script]).then(
      ({ stderr }) => ({ code: 0, stderr }),
      ({ code, stderr }) => ({ code, stderr }),
    );
  };

  test('does not end a run', async () => {
    for (const [target, note] of [
      ['| head -1 >/dev/null', ''],
      ['>/dev/full', 'note: standard output cannot be written: the disk is full.'],
    ] as const) {
      const out = at(`lost-${note.length}`);
      const { code, stderr } = await into(target, [...tiny(), '--out', out]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(note) });
      expect(stderr.split('\n').length).toBeLessThanOrEqual(2);
      expect((await readHistory(out)).at(-1)?.[0]).toBe(12);
      expect(await readdir(out)).not.toContainEqual(expect.stringMatching(/lock$/));
    }
  });

  test('fails a sample, whose text it is', async () => {
    await undisturbedRun();
    const { code, stderr } = await into('>/dev/full', ['sample', at('whole'), '--tokens', '4']);
    expect(code).toBe(1);
    expect(stderr).toContain('the disk is full');
  });
});
