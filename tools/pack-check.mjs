// Packs every package as it would be published, installs them with npm in an empty folder, then checks each tarball: publint, imported
// in plain Node, bundled for a browser, types of a small consumer.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkTarballs } from './pack/check-tarballs.mjs';
import { writeDeclarations } from './pack/declarations.mjs';
import { packAll } from './pack/pack.mjs';
import { line } from './test/counts.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vulpes-pack-'));
try {
  writeDeclarations();
  console.log('ok   declarations');
  const tarballs = await packAll(join(folder, 'tarballs'));
  const sum = await checkTarballs(tarballs, join(folder, 'consumers'));
  console.log(line(sum));
  process.exitCode = sum.failed > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
