// Packs every package as it would be published, then checks each tarball: publint, alone in an
// empty folder installed with npm, imported in plain Node, types of a small consumer.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkTarball } from './pack/check-tarball.mjs';
import { writeDeclarations } from './pack/declarations.mjs';
import { packAll } from './pack/pack.mjs';
import { line, total } from './test/counts.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vulpes-pack-'));
try {
  writeDeclarations();
  console.log('ok   declarations');
  const tarballs = await packAll(join(folder, 'tarballs'));
  const consumers = join(folder, 'consumers');
  const queue = [...tarballs];
  /** @type {import('./test/counts.mjs').Counts[]} */
  const results = [];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      results.push(await checkTarball(next, tarballs, consumers));
    }
  };
  await Promise.all([worker(), worker()]); // one for each core of a small machine
  const sum = total(results);
  console.log(line(sum));
  process.exitCode = sum.failed > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
