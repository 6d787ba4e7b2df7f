// Entry of `npm run verify`.

import { runCli } from '@vulpes/cli-kit';
import { parseOptions } from './options.ts';
import { verify } from './verify.ts';

await runCli(() => verify(parseOptions(process.argv.slice(2)), process.stdout));
